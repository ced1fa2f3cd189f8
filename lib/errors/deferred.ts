import type { IConstruct } from 'constructs';
import { SynthError } from './synth-error';

/** Adds a fault to those that fail the synthesis, where all are listed at once. */
export function reportFault(construct: IConstruct, fault: SynthError): void {
  construct.node.addValidation({ validate: () => [fault.message] });
}

/**
 * Runs a check; its fault does not stop the program, but fails the synthesis.
 *
 * @returns what the check returns, or the substitute if it found a fault
 */
export function deferFault<T>(construct: IConstruct, check: () => T, substitute: T): T {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof SynthError)) throw error;
    reportFault(construct, error);
    return substitute;
  }
}
