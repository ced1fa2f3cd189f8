import type {
  Departing,
  EndListener,
  Logger,
  Outcome,
  RequestContext,
  RequestTrace,
  TracePoint,
} from '@agentyard/runtime-kit';
import type { Caller, CredentialForm } from '../auth/caller.js';
import type { AuditedValue, AuditValues, ValueFields } from './audit-values.js';

/** What the audit lines of a request say beside request id, path, status, bytes and duration. No contents but `ValueFields`. */
export interface AuditFields extends ValueFields {
  /** Who called, once that is known. */
  readonly user?: string;
  /** What the caller showed to be let in. */
  readonly auth?: Caller['by'];
  /** Issuer of the caller's access token. */
  readonly issuer?: string;
  /** Id of the caller's API key. */
  readonly keyId?: string;
  /** Address of the client: the peer's, or what trusted proxies say. */
  readonly client_ip?: string;
  /**
   * `invoke`, `resume`, `approvals`, `chat`, `models`, or the method of MCP or A2A; `mcp` or `a2a` for a request that was refused before its
   * body was read.
   */
  readonly method?: string;
  /** Name of the route that decided. */
  readonly route?: string;
  /** Name of the agent that answers. */
  readonly agent?: string;
  /** Name of the toolset that answers. */
  readonly toolset?: string;
  /** Name of the MCP server of others that answers. */
  readonly server?: string;
  /** Which session of its client a request is of; not its id, which is a secret. */
  readonly session?: string;
  /** Name of the prompt as the gateway offers it. */
  readonly prompt?: string;
  /** Name of the tool, of an agent too, as the gateway offers it. */
  readonly tool?: string;
  /** Id of what was approved or denied, and which of both. */
  readonly approval?: string;
  readonly approved?: boolean;
  /** Why an agent that is called as a tool has stopped. */
  readonly stopReason?: string;
  /** Tokens that it has used. */
  readonly inputTokens?: number;
  readonly outputTokens?: number;
  /** Which of the tool's argument rules its arguments do not meet: roles, and places in the rules. */
  readonly rule?: string;
  /** Whether a tool call ended in an error that its caller sees. */
  readonly isError?: boolean;
  /** Code of the JSON-RPC error that an MCP request was answered with. */
  readonly rpcError?: number;
  /** Code of the problem that ended a stream. */
  readonly problem?: string;
  /** Id of the trace that the request belongs to. */
  readonly traceId?: string;
  /** Why there was no answer to what was allowed, in a stable word. */
  readonly reason?: string;
  /** Size of the body that was read, in bytes. */
  readonly bytesIn?: number;
}

/**
 * The audit lines of one request: a `decision` line when it is allowed or denied, which is before anything is sent on,
 * and the line that is written when it has ended. A decision without an end means that the gateway broke down.
 */
export class AuditTrail {
  /** Both lines have them; the last one as they are when it is written. */
  private readonly fields: Record<string, unknown> = { type: 'audit' };
  private bytesOut = 0;
  /** What is to be said of arguments and results. @default - nothing */
  public values: AuditValues | undefined;

  /**
   * @param client address of who sent the request, as far as somebody vouches for it
   * @param trace what the request is in a trace; absent: in none
   */
  public constructor(
    private readonly context: RequestContext,
    client: string | undefined,
    public trace?: RequestTrace,
  ) {
    context.annotate(this.fields);
    if (client !== undefined) this.fields.client_ip = client;
  }

  /** What is noted so far. */
  public get noted(): AuditFields {
    return this.fields;
  }

  /** Adds what a step has learned. */
  public note(fields: AuditFields): void {
    Object.assign(this.fields, fields);
  }

  /** Adds what is to be said of a value; nothing unless there are `values`. */
  public noteValue(name: AuditedValue, value: Buffer | string): void {
    if (this.values !== undefined) this.note(this.values.fieldsOf(name, value));
  }

  /** Adds what is to be said of a body that is all arguments. */
  public noteBody(body: Buffer): void {
    this.fields.bytesIn = body.length;
    this.noteValue('arguments', body);
  }

  /** Adds which of the addresses of an agent or server is called. */
  public noteUpstream(origin: string): void {
    this.fields.upstream = origin;
  }

  /** Counts what was sent to the client. */
  public countOut(bytes: number): void {
    this.fields.bytesOut = this.bytesOut += bytes;
  }

  /** Adds who calls. */
  public noteCaller({ user, by, issuer, keyId }: Caller): void {
    const { fields } = this;
    fields.user = user;
    fields.auth = by;
    if (issuer !== undefined) fields.issuer = issuer;
    if (keyId !== undefined) fields.keyId = keyId;
  }

  /** Adds what is known of a credential that was refused. */
  public noteCredential({ by, issuer, keyId }: { by?: CredentialForm; issuer?: string; keyId?: string }): void {
    this.note({ auth: by, issuer, keyId });
  }

  /** Says that what is noted so far may be. */
  public allow(): void {
    this.decide('allowed', undefined);
  }

  /** Says that it may not be. */
  public deny(reason: string): void {
    this.decide('denied', reason);
  }

  /**
   * Says that a server's names may be looked up, which is needed to decide. What is decided about the request comes in
   * another line.
   */
  public allowLookUp(fields: AuditFields): void {
    if (this.trace !== undefined) this.fields.traceId = this.trace.traceId;
    const line = {
      event: 'decision',
      type: 'audit',
      ...this.fields,
      ...fields,
      decision: 'allowed',
      reason: 'look-up',
    };
    this.context.log.info(line, 'allowed');
  }

  /** @param reason why it was denied, in a stable word */
  private decide(decision: 'allowed' | 'denied', reason: string | undefined): void {
    const { fields } = this;
    if (this.trace !== undefined) fields.traceId = this.trace.traceId;
    fields.decision = decision;
    fields.reason = reason;
    this.context.writeLine({ event: 'decision', ...fields }, decision);
  }
}

/** A tool that a request calls: the name that it has at its toolset or server. */
export interface CalledTool {
  readonly backend: object;
  readonly name: string;
}

/** A request whose steps leave an audit trail. */
export interface AuditedContext extends RequestContext {
  readonly audit: AuditTrail;
  /** Set when the tool is found that is called. */
  tool: CalledTool | undefined;
  /** Where in a trace it is; absent: in none. */
  readonly trace: TracePoint | undefined;
  /** The same request in a part of its trace. */
  within(point: TracePoint): AuditedContext;
}

/** Who is told of requests that have ended. */
export interface RequestObserver {
  requestEnded(request: AuditedContext, outcome: Outcome, durationMs: number, status: number): void;
}

/** What a call of an agent knows of its request. */
export type AuditedCall = Pick<AuditedContext, 'requestId' | 'log' | 'departure' | 'audit'>;

/** A request with its audit trail. */
export class AuditedRequest implements AuditedContext, EndListener {
  public readonly requestId: string;
  public readonly departure: Departing;
  public tool: CalledTool | undefined;

  /**
   * @param observer told when it has ended. @default - nobody is
   * @param point where in its trace it is. @default - at its beginning
   */
  public constructor(
    private readonly context: RequestContext,
    public readonly audit: AuditTrail,
    private readonly observer?: RequestObserver,
    private readonly point?: TracePoint,
  ) {
    this.requestId = context.requestId;
    this.departure = context.departure;
    if (observer !== undefined) context.onEnd(this);
  }

  public get log(): Logger {
    return this.context.log;
  }

  public get signal(): AbortSignal {
    return this.context.signal;
  }

  public get trace(): TracePoint | undefined {
    return this.point ?? this.audit.trace;
  }

  public within(point: TracePoint): AuditedRequest {
    return new AuditedRequest(this.context, this.audit, undefined, point);
  }

  public annotate(fields: Readonly<Record<string, unknown>>): void {
    this.context.annotate(fields);
  }

  public writeLine(fields: Readonly<Record<string, unknown>>, message: string): void {
    this.context.writeLine(fields, message);
  }

  public onEnd(listener: EndListener): void {
    this.context.onEnd(listener);
  }

  public ended(outcome: Outcome, durationMs: number, status: number): void {
    this.observer?.requestEnded(this, outcome, durationMs, status);
  }
}
