import type { IncomingMessage } from 'node:http';
import type { RequestContext, RequestTrace } from '@agentyard/runtime-kit';
import { TIME_LEFT_HEADER, timeFor, type AgentDocument } from 'agentyard/contract';
import type { Invoker, InvokerCheck } from './invoker-check.js';
import { traceRequest, type AgentTraces } from './telemetry/agent-traces.js';

/** A request that was let in. */
export interface AdmittedRequest {
  readonly invoker: Invoker;
  /** Absent if it has none, and none is begun. */
  readonly trace: RequestTrace | undefined;
  /** How long what it asks for may take, in milliseconds: an answer after the caller's own deadline would be lost. */
  readonly timeoutMs: number;
  readonly context: RequestContext;
}

/** Lets in who may ask an agent, and records those of their requests that are to be. */
export class Door {
  public constructor(
    private readonly document: Pick<AgentDocument, 'limits'>,
    private readonly invokers: InvokerCheck,
    private readonly traces: AgentTraces,
  ) {}

  /** @throws CallerRefused */
  public async admit(request: IncomingMessage, context: RequestContext): Promise<AdmittedRequest> {
    const invoker = await this.invokers.admit(request, context);
    const trace = this.traces.of(request, invoker);
    traceRequest(trace, context);
    const timeoutMs = timeFor(request.headers[TIME_LEFT_HEADER], this.document.limits.timeoutMs);
    return { invoker, trace, timeoutMs, context };
  }
}
