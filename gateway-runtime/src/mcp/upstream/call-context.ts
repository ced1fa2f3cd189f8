import { Departure, type Departing, type RequestContext, type TracePoint } from '@agentyard/runtime-kit';

/** What is known of the request that a server is asked for. */
export interface CallContext extends Pick<RequestContext, 'requestId' | 'log'> {
  /** Says when nobody waits for the server any more. */
  readonly departure: Departing;
  /** Where in a trace it is asked; absent: in none. */
  readonly trace?: TracePoint | undefined;
}

/** The same for something that ends by itself: its client may leave, or others may wait for it, too. */
export function detached(context: CallContext, departure: Departing = new Departure()): CallContext {
  return { requestId: context.requestId, log: context.log, departure, trace: context.trace };
}
