import { z } from 'zod';
import { DoctorError } from './doctor-error.js';
import type { Ended } from './pod-status.js';
import type { StepId } from './probe-step.js';

const observation = z.object({
  step: z.string(),
  /** Whether all was as it must be. */
  met: z.boolean(),
  /** What was not, each with what happened: `tcp://10.0.0.3:8080 answers`. */
  amiss: z.array(z.string()),
});

/** What the caller saw under one policy. */
export type Observation = z.output<typeof observation>;

/** Reads what a container of the caller left. @throws DoctorError if it left no observation of this step */
export function observationOf(step: StepId, { exitCode, message }: Ended): Observation {
  const parsed = observation.safeParse(json(message));
  if (exitCode === 0 && parsed.success && parsed.data.step === step) return parsed.data;
  throw new DoctorError(`the probe's step ${step} has ended with exit code ${exitCode} and said "${message}"`);
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
