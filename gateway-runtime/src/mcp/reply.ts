import type { ServerResponse } from 'node:http';
import { endWithTurn, SseWriter, startTimed, stopTimed, type EventMarks, type Timed } from '@agentyard/runtime-kit';
import type { AuditTrail } from '../pipeline/audit.js';
import { sizeOf, stringOf, type JsonText } from './wire/json-text.js';
import type { Acceptable } from './wire/media-types.js';

/** After this time without an answer a stream is begun, whose comments keep proxies from cutting the connection. */
const SILENT_MS = 15_000;

/** The answer to one POST: JSON, or a stream of events as soon as something comes before the answer. */
export class McpReply implements Timed {
  /** Its place among all that wait. */
  public place = -1;
  /** When it has been silent for too long. */
  public readonly due = performance.now() + SILENT_MS;
  private stream: SseWriter | undefined;

  public constructor(
    private readonly response: ServerResponse,
    private readonly accepts: Acceptable,
    private readonly audit: Pick<AuditTrail, 'countOut'>,
  ) {
    if (accepts.events) startTimed(this);
  }

  /** Whether something may come before the answer. */
  public get takesEvents(): boolean {
    return this.accepts.events;
  }

  /** It was silent for too long. */
  public onDue(): void {
    const { headersSent, destroyed } = this.response;
    if (!headersSent && !destroyed) this.open();
  }

  /** Begins a stream. */
  public open(): SseWriter {
    this.breakSilence();
    return (this.stream ??= new SseWriter(this.response));
  }

  /**
   * Sends a message before the answer.
   *
   * @param text JSON; empty for an event that has an id alone
   * @returns absent if the client takes more, else what resolves when it does
   */
  public notify(text: string, marks?: EventMarks): Promise<void> | undefined {
    if (this.response.writableEnded || this.response.destroyed) return undefined;
    this.audit.countOut(Buffer.byteLength(text));
    if (this.open().write('message', text, marks)) return undefined;
    return drained(this.response);
  }

  /**
   * Sends the answer.
   *
   * @param json the message as JSON
   * @param status counts unless a stream has begun
   */
  public end(json: JsonText, status = 200, marks?: EventMarks): void {
    this.breakSilence();
    if (this.response.writableEnded || this.response.destroyed) return;
    const length = sizeOf(json);
    this.audit.countOut(length);
    if (this.stream === undefined && (this.accepts.json || status !== 200)) {
      this.response.writeHead(status, { 'content-type': 'application/json', 'content-length': length });
      endWithTurn(this.response, json);
      return;
    }
    this.open().write('message', stringOf(json), marks);
    this.stream?.end();
  }

  /** Ends a stream without an answer: it comes in another one, or nobody waits for it. */
  public close(): void {
    this.breakSilence();
    if (this.response.writableEnded || this.response.destroyed) return;
    this.open().end();
  }

  /** Adds a header, unless a stream has begun. */
  public setHeader(name: string, value: string): void {
    if (!this.response.headersSent) this.response.setHeader(name, value);
  }

  /** Says after how many seconds the same may be asked again, unless a stream has begun. */
  public retryAfter(seconds: string): void {
    this.setHeader('retry-after', seconds);
  }

  /** Says that a message was taken which has no answer. */
  public accept(): void {
    this.breakSilence();
    this.response.writeHead(202).end();
  }

  /** Ends without an answer: whoever waits for it has left, or is told by somebody else. */
  public drop(): void {
    this.breakSilence();
  }

  /** From now on it is not silent. */
  private breakSilence(): void {
    stopTimed(this);
  }
}

/** Resolves when a client takes more, or has left: then nothing is sent to it any more. */
function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done);
      response.off('close', done);
      resolve();
    };
    response.on('drain', done);
    response.on('close', done);
  });
}
