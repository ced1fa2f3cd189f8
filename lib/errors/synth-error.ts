import type { IConstruct } from 'constructs';
import type { ErrorCode } from './codes';

/** What is said of a fault beside its code and place. */
export interface SynthFault {
  /** What is wrong, with the value that was given and what is allowed. */
  readonly message: string;
  /** What to do about it. */
  readonly remedy: string;
}

/** A fault of the program, found while it is synthesized: code, construct path, value and remedy in one line. */
export class SynthError extends Error {
  public readonly code: ErrorCode;
  /** Path of the construct, or the name of what was built before there was one. */
  public readonly path: string;

  public constructor(code: ErrorCode, place: IConstruct | string, fault: SynthFault) {
    const path = typeof place === 'string' ? place : place.node.path;
    super(renderFault(code, path, fault));
    this.name = 'SynthError';
    this.code = code;
    this.path = path;
  }
}

/** The one form in which faults and warnings are printed. */
export function renderFault(code: string, path: string, fault: SynthFault): string {
  return `[${code}] ${path}: ${fault.message}. ${fault.remedy}.`;
}
