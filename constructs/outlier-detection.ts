import type { Duration } from 'cdk8s';
import type { IConstruct } from 'constructs';
import { outlierDetection, type GatewayDocumentInput } from '../lib/contract';
import { reportFault } from '../lib/errors/deferred';
import { SynthError } from '../lib/errors/synth-error';

type OutlierDetectionConfig = GatewayDocumentInput['outlierDetection'];

/**
 * When a gateway leaves out a pod that is listed as ready and fails, and when it takes it back. Failures are connections
 * that do not come about or break, answers of 500 and above, and answers that do not come in time.
 */
export interface OutlierDetectionOptions {
  /**
   * Failures one after the other after which a pod is left out, up to 1000.
   * @default 5
   */
  readonly consecutiveFailures?: number;
  /**
   * How long a pod is left out the first time; each further time takes twice as long. Up to 15 minutes.
   * @default Duration.seconds(30)
   */
  readonly baseEjectionTime?: Duration;
  /**
   * Longest time that a pod is left out, up to 15 minutes.
   * @default Duration.minutes(5)
   */
  readonly maxEjectionTime?: Duration;
  /**
   * Most of the pods of an agent or toolset that are left out at a time, in percent, rounded down, from 0 to 90. 0 leaves
   * none out.
   * @default 50
   */
  readonly maxEjectedPercent?: number;
  /**
   * What pods that are left out are asked for by GET: they come back when they answer with less than 500.
   * @default '/readyz'
   */
  readonly probePath?: string;
  /**
   * Time from one probe of a pod to the next, from 10 milliseconds to 15 minutes.
   * @default Duration.seconds(2)
   */
  readonly probeInterval?: Duration;
  /**
   * How long the answer to a probe may take, up to 15 minutes.
   * @default Duration.seconds(2)
   */
  readonly probeTimeout?: Duration;
}

/** What an option may be, by its place in the document. */
const OPTIONS: Readonly<Record<string, readonly [option: keyof OutlierDetectionOptions, range: string]>> = {
  consecutiveFailures: ['consecutiveFailures', 'a whole number from 1 to 1000'],
  baseEjectionMs: ['baseEjectionTime', 'whole milliseconds, at most 15 minutes'],
  maxEjectionMs: ['maxEjectionTime', 'whole milliseconds, at most 15 minutes and not below baseEjectionTime'],
  maxEjectedPercent: ['maxEjectedPercent', 'a whole number from 0 to 90'],
  'probe.path': ['probePath', 'a path that begins with "/", of printable ASCII'],
  'probe.intervalMs': ['probeInterval', 'whole milliseconds, from 10 to 15 minutes'],
  'probe.timeoutMs': ['probeTimeout', 'whole milliseconds, at most 15 minutes'],
};

/** The section of a gateway's document. What is wrong fails the synthesis with LIMIT_INVALID. */
export function outlierDetectionSection(
  gateway: IConstruct,
  options: OutlierDetectionOptions = {},
): OutlierDetectionConfig {
  const section = {
    consecutiveFailures: options.consecutiveFailures,
    baseEjectionMs: options.baseEjectionTime?.toMilliseconds(),
    maxEjectionMs: options.maxEjectionTime?.toMilliseconds(),
    maxEjectedPercent: options.maxEjectedPercent,
    probe: {
      path: options.probePath,
      intervalMs: options.probeInterval?.toMilliseconds(),
      timeoutMs: options.probeTimeout?.toMilliseconds(),
    },
  };
  const { error } = outlierDetection.safeParse(section);
  if (error === undefined) return section;
  for (const place of new Set(error.issues.map(({ path }) => path.join('.')))) report(gateway, options, place);
  return undefined;
}

function report(gateway: IConstruct, options: OutlierDetectionOptions, place: string): void {
  const [option, range] = OPTIONS[place] ?? ['consecutiveFailures', 'what its type says'];
  const given = options[option];
  const text = typeof given === 'object' ? `${given.toMilliseconds()} ms` : given;
  const fault = { message: `outlierDetection.${option} is ${text ?? 'not given'}`, remedy: `Give ${range}` };
  reportFault(gateway, new SynthError('LIMIT_INVALID', gateway, fault));
}
