import type { IConstruct } from 'constructs';
import type { Runtime } from '../lib/workload/labels';
import { defaultProbes, type ProbeTiming, type ProbeTimings } from '../lib/workload/probes';
import { wholeNumber, wholeSeconds } from '../lib/workload/whole-number';
import type { PodOptions } from './pod-options';
import type { ProbeOptions } from './probe-options';

/** The timings of a workload's probes: what its options say, else the defaults. */
export function probeTimings(place: IConstruct, options: PodOptions, runtime: Runtime): ProbeTimings {
  const { liveness, readiness, startup } = defaultProbes(runtime);
  const timing = (prop: 'livenessProbe' | 'readinessProbe' | 'startupProbe', byDefault: ProbeTiming) =>
    probeTiming(place, prop, options[prop] ?? {}, byDefault);
  return {
    liveness: timing('livenessProbe', liveness),
    readiness: timing('readinessProbe', readiness),
    startup: timing('startupProbe', startup),
  };
}

function probeTiming(place: IConstruct, prop: string, options: ProbeOptions, byDefault: ProbeTiming): ProbeTiming {
  const { period, timeout, failureThreshold, initialDelay } = options;
  const seconds = (name: string, given: typeof period, usual: number) =>
    wholeSeconds(place, `${prop}.${name}`, given, { byDefault: usual, least: 1 });
  const delay = wholeSeconds(place, `${prop}.initialDelay`, initialDelay, { byDefault: 0, least: 0 });
  return {
    periodSeconds: seconds('period', period, byDefault.periodSeconds),
    timeoutSeconds: seconds('timeout', timeout, byDefault.timeoutSeconds),
    failureThreshold: wholeNumber(place, `${prop}.failureThreshold`, failureThreshold, {
      byDefault: byDefault.failureThreshold,
      least: 1,
    }),
    initialDelaySeconds: delay === 0 ? undefined : delay,
  };
}
