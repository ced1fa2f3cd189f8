import type { Endpoint } from '../reachability';
import type { Agent, Gateway, Program } from './program';
import { accountOf } from './service-subject';

/** A service that calls another. */
export interface Client {
  /** How answers call it. */
  readonly title: string;
  /** `sub` of the token that it shows. */
  readonly subject: string;
  /** Its pods. */
  readonly end: Endpoint;
}

/** A gateway or agent of the program, which only makes the calls that its document tells of. */
export function clientOf({ title, subject, workload }: Gateway | Agent): Client {
  return { title, subject, end: workload };
}

/**
 * Those with tokens of a `sub` who may call whom they please: workloads of the program that are no gateways or agents, or
 * pods that are not among the manifests if none of the program has such tokens.
 */
export function strangers(program: Program, title: string, subject: string): Client[] {
  const holders = program.holdersOf(subject);
  const ends = holders.length === 0 ? [accountOf(subject)] : holders.filter((workload) => !program.isRuntime(workload));
  return ends.map((end) => ({ title, subject, end }));
}
