import { traceHeaders, type TraceHeaders, type TraceParent } from './trace-context.js';

/** What is said of a span. Never contents of requests, and no secrets. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean | string[] | undefined>>;

/** On which side of a request a span is. */
export type SpanKind = 'server' | 'client' | 'internal';

/** Where in a trace something is done. */
export interface TracePoint {
  readonly traceId: string;
  /** What goes with requests that are sent from here. */
  readonly headers: TraceHeaders;
  /** Whether what happens here is recorded. */
  readonly isRecorded: boolean;
  /** Begins a part of what is done here. @returns absent if nothing is recorded */
  begin(name: string, kind: SpanKind, attributes: SpanAttributes): OpenSpan | undefined;
}

/** A part that is recorded, until it ends. */
export interface OpenSpan extends TracePoint {
  /** @param error type of it, as `error.type` has it. @default - there was none */
  end(attributes: SpanAttributes, error?: string): void;
}

/** Begins spans of traces that are recorded. */
export interface SpanRecorder {
  /** @param since when it began, in milliseconds since the epoch. @default - now */
  begin(
    name: string,
    kind: SpanKind,
    attributes: SpanAttributes,
    parent: TraceParent | undefined,
    since?: number,
  ): OpenSpan & { rename(name: string): void };
}

/** What a request is in a trace: it is known from its beginning on whether it is recorded. */
export interface RequestTrace extends TracePoint {
  /** Takes the parent that the message itself names, unless the trace was used already. */
  adopt(parent: TraceParent): void;
  /** Adds to what is said of the request, if it is recorded. */
  note(attributes: SpanAttributes): void;
  /** Ends it. Nothing is added any more. @param name of its span. @default - the one that it began with */
  end(name: string | undefined, attributes: SpanAttributes, error?: string): void;
}

/** The trace of a request that is not recorded: it is passed on, and says so. */
export class PassedTrace implements RequestTrace {
  public readonly isRecorded = false;
  private passed: TraceHeaders | undefined;

  public constructor(private parent: TraceParent) {}

  public get traceId(): string {
    return this.parent.traceId;
  }

  /** What is not recorded here is not by those that are called from here, whatever the one before does. */
  public get headers(): TraceHeaders {
    return (this.passed ??= traceHeaders(this.parent, false));
  }

  public begin(): undefined {
    return undefined;
  }

  public adopt(parent: TraceParent): void {
    if (this.passed === undefined) this.parent = parent;
  }

  public note(): void {}

  public end(): void {}
}

/** The trace of a request that is recorded. Its span begins with the request, and is made when it is first needed. */
export class RecordedTrace implements RequestTrace {
  public readonly isRecorded = true;
  private readonly since = Date.now();
  private attributes: SpanAttributes = {};
  private span: ReturnType<SpanRecorder['begin']> | undefined;

  public constructor(
    private readonly recorder: SpanRecorder,
    private readonly name: string,
    private parent: TraceParent | undefined,
  ) {}

  /** One that is begun here is fixed by the question. */
  public get traceId(): string {
    return this.span === undefined && this.parent !== undefined ? this.parent.traceId : this.own.traceId;
  }

  public get headers(): TraceHeaders {
    return this.own.headers;
  }

  public begin(name: string, kind: SpanKind, attributes: SpanAttributes): OpenSpan | undefined {
    return this.own.begin(name, kind, attributes);
  }

  public adopt(parent: TraceParent): void {
    this.parent = parent;
  }

  public note(attributes: SpanAttributes): void {
    this.attributes = { ...this.attributes, ...attributes };
  }

  public end(name: string | undefined, attributes: SpanAttributes, error?: string): void {
    if (name !== undefined) this.own.rename(name);
    this.own.end({ ...this.attributes, ...attributes }, error);
  }

  private get own(): ReturnType<SpanRecorder['begin']> {
    return (this.span ??= this.recorder.begin(this.name, 'server', {}, this.parent, this.since));
  }
}
