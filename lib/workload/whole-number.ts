import type { Duration } from 'cdk8s';
import type { IConstruct } from 'constructs';
import { reportFault } from '../errors/deferred';
import { SynthError } from '../errors/synth-error';

/** What a number may be, and what it is if it is not given. */
export interface WholeNumber {
  readonly byDefault: number;
  readonly least: number;
}

/** A number that a program gives, or its default. One that is not whole, or too small, fails the synthesis. */
export function wholeNumber(place: IConstruct, prop: string, given: number | undefined, range: WholeNumber): number {
  return checked(place, prop, given, range, '');
}

/** As `wholeNumber`, for a duration in whole seconds. */
export function wholeSeconds(place: IConstruct, prop: string, given: Duration | undefined, range: WholeNumber): number {
  return checked(place, prop, given?.toSeconds({ integral: false }), range, ' s');
}

function checked(place: IConstruct, prop: string, given: number | undefined, range: WholeNumber, unit: string): number {
  if (given === undefined) return range.byDefault;
  if (Number.isInteger(given) && given >= range.least) return given;
  const fault = {
    message: `${prop} is ${given}${unit}`,
    remedy: `Give ${unit === '' ? 'a whole number' : 'whole seconds'}, ${range.least} or more`,
  };
  reportFault(place, new SynthError('LIMIT_INVALID', place, fault));
  return range.byDefault;
}
