import type { Duration } from 'cdk8s';
import type { IConstruct } from 'constructs';
import { reportFault } from '../errors/deferred';
import { SynthError } from '../errors/synth-error';

/** What a number may be, both ends included. */
export interface NumberRange {
  readonly least: number;
  readonly most: number;
  /** @default false */
  readonly whole?: boolean;
}

/** A number that a program gives, if it gives one. One that is out of its range fails the synthesis. */
export function rangedNumber(
  place: IConstruct,
  prop: string,
  given: number | undefined,
  range: NumberRange,
): number | undefined {
  return checked(place, prop, given, range, '');
}

/** As `rangedNumber`, for a duration in whole milliseconds. */
export function rangedDuration(
  place: IConstruct,
  prop: string,
  given: Duration | undefined,
  range: NumberRange,
): number | undefined {
  return checked(place, prop, given?.toMilliseconds({ integral: false }), { ...range, whole: true }, ' ms');
}

function checked(place: IConstruct, prop: string, given: number | undefined, range: NumberRange, unit: string) {
  const { least, most, whole = false } = range;
  if (given === undefined) return undefined;
  if (given >= least && given <= most && (!whole || Number.isInteger(given))) return given;
  const fault = {
    message: `${prop} is ${given}${unit}`,
    remedy: `Give a ${whole ? 'whole number' : 'number'} from ${least} to ${most}${unit}`,
  };
  reportFault(place, new SynthError('LIMIT_INVALID', place, fault));
  return undefined;
}
