import type { ErrorCode } from '../../../lib/errors/codes';

/** Code, what the message must name (place, value), and a program that commits the fault. */
export type FaultCase = [ErrorCode, string, () => unknown];
