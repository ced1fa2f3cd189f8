import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { SseWriter } from '@agentyard/runtime-kit';
import type { Acceptable } from './media-types.js';

/** After this time without an answer a stream is begun, whose comments keep proxies from cutting the connection. */
const SILENT_MS = 15_000;

/** The answer to one POST: JSON, or a stream of events as soon as something comes before the answer. */
export class McpReply {
  private stream: SseWriter | undefined;
  private readonly timer: NodeJS.Timeout | undefined;

  /** @param signal aborted when the client leaves */
  public constructor(
    private readonly response: ServerResponse,
    private readonly accepts: Acceptable,
    private readonly signal: AbortSignal,
  ) {
    if (accepts.events) this.timer = setTimeout(() => this.open(), SILENT_MS);
  }

  /** Whether something may come before the answer. */
  public get takesEvents(): boolean {
    return this.accepts.events;
  }

  /** Sends a message before the answer, and waits until the client takes more. @param text JSON */
  public async notify(text: string): Promise<void> {
    if (!this.open().write('message', text)) await once(this.response, 'drain', { signal: this.signal });
  }

  /**
   * Sends the answer.
   *
   * @param json the message as JSON
   * @param status counts unless a stream has begun
   */
  public end(json: Buffer | string, status = 200): void {
    clearTimeout(this.timer);
    if (this.response.writableEnded || this.response.destroyed) return;
    if (this.stream === undefined && (this.accepts.json || status !== 200)) {
      this.response.writeHead(status, {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(json),
      });
      this.response.end(json);
      return;
    }
    this.open().write('message', json.toString('utf8'));
    this.stream?.end();
  }

  /** Says that a message was taken which has no answer. */
  public accept(): void {
    clearTimeout(this.timer);
    this.response.writeHead(202).end();
  }

  /** Ends without an answer: whoever waits for it has left, or is told by somebody else. */
  public drop(): void {
    clearTimeout(this.timer);
  }

  private open(): SseWriter {
    return (this.stream ??= new SseWriter(this.response));
  }
}
