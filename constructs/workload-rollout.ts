import type { PercentOrAbsolute } from 'cdk8s-plus-29';
import type { IConstruct } from 'constructs';
import { reportFault } from '../lib/errors/deferred';
import { SynthError, type SynthFault } from '../lib/errors/synth-error';
import { graceFault, terminationGraceSeconds } from '../lib/synth/deadline';
import type { Rollout } from '../lib/workload/deployment';
import { wholeNumber, wholeSeconds } from '../lib/workload/whole-number';
import type { RolloutOptions } from './rollout-options';

/** Options that a StatefulSet does not have. */
const OF_DEPLOYMENTS = ['maxSurge', 'maxUnavailable', 'progressDeadline'] as const;

/** How the pods of a workload are replaced and stopped. */
export class WorkloadRollout {
  public readonly rollout: Rollout;
  public readonly preStopSeconds: number;
  private readonly givenGraceSeconds?: number;

  public constructor(
    private readonly place: IConstruct,
    options: RolloutOptions,
    controllerKind: 'Deployment' | 'StatefulSet',
  ) {
    if (controllerKind === 'StatefulSet') this.refuse(options);
    this.rollout = this.pace(options);
    this.preStopSeconds = wholeSeconds(place, 'preStopDelay', options.preStopDelay, { byDefault: 5, least: 0 });
    if (options.terminationGracePeriod === undefined) return;
    const range = { byDefault: Infinity, least: 1 };
    this.givenGraceSeconds = wholeSeconds(place, 'terminationGracePeriod', options.terminationGracePeriod, range);
  }

  /** `terminationGracePeriodSeconds`. @param graceMs longest request */
  public graceSeconds(graceMs: number): number {
    return this.givenGraceSeconds ?? terminationGraceSeconds(this.preStopSeconds, graceMs);
  }

  /** Faults that show only when the longest request is known. */
  public faults(graceMs: number): string[] {
    if (this.givenGraceSeconds === undefined) return [];
    const fault = graceFault(this.givenGraceSeconds, this.preStopSeconds, graceMs);
    return fault === undefined ? [] : [new SynthError('GRACE_TOO_SHORT', this.place, fault).message];
  }

  private pace(options: RolloutOptions): Rollout {
    const { place } = this;
    const rollout = {
      maxSurge: this.amount('maxSurge', options.maxSurge, 1),
      maxUnavailable: this.amount('maxUnavailable', options.maxUnavailable, 0),
      minReadySeconds: wholeSeconds(place, 'minReady', options.minReady, { byDefault: 10, least: 0 }),
      progressDeadlineSeconds: wholeSeconds(place, 'progressDeadline', options.progressDeadline, {
        byDefault: 600,
        least: 1,
      }),
      revisionHistoryLimit: wholeNumber(place, 'revisionHistoryLimit', options.revisionHistoryLimit, {
        byDefault: 3,
        least: 0,
      }),
    };
    if (isZero(rollout.maxSurge) && isZero(rollout.maxUnavailable)) this.report('ROLLOUT_INVALID', neverMoves);
    if (rollout.progressDeadlineSeconds <= rollout.minReadySeconds) this.report('ROLLOUT_INVALID', tooSoon(rollout));
    return rollout;
  }

  private amount(prop: string, given: PercentOrAbsolute | undefined, byDefault: number): number | string {
    if (given === undefined) return byDefault;
    const value: unknown = given.value;
    if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return value;
    if (typeof value === 'string' && /^(100|[1-9]?\d)%$/.test(value)) return value;
    this.report('ROLLOUT_INVALID', {
      message: `${prop} is ${String(value)}`,
      remedy: 'Give a whole number of pods, or a percentage from 0 to 100',
    });
    return byDefault;
  }

  private refuse(options: RolloutOptions): void {
    for (const prop of OF_DEPLOYMENTS.filter((name) => options[name] !== undefined)) {
      this.report('OPTION_UNSUPPORTED', {
        message: `${prop} is given to an egress proxy, where it has no meaning: its pods are replaced one by one`,
        remedy: 'Leave it out',
      });
    }
  }

  private report(code: SynthError['code'], fault: SynthFault): void {
    reportFault(this.place, new SynthError(code, this.place, fault));
  }
}

const isZero = (amount: number | string) => amount === 0 || amount === '0%';

const neverMoves: SynthFault = {
  message: 'maxSurge and maxUnavailable are both 0, so no pod could ever be replaced',
  remedy: 'Let one of them be 1 or more',
};

function tooSoon({ progressDeadlineSeconds, minReadySeconds }: Rollout): SynthFault {
  return {
    message: `progressDeadline is ${progressDeadlineSeconds} s, and a pod counts only after ${minReadySeconds} s (minReady)`,
    remedy: 'Raise progressDeadline, or lower minReady',
  };
}
