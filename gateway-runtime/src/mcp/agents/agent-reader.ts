import type { OutgoingHttpHeaders } from 'node:http';
import { Writable } from 'node:stream';
import type { StreamEvent } from 'agentyard/contract';
import { HttpProblem } from '@agentyard/runtime-kit';
import { MAX_ANSWER_BYTES, type AnswerSink } from '../../agent-answer.js';
import { EventStream } from '../wire/event-stream.js';
import { isObject } from '../wire/json-rpc.js';
import { outcomeOf, type AgentOutcome } from './agent-outcome.js';

/** Who is told what an agent answers. */
export interface AgentListener {
  /** Told of each event. @returns absent if more may come, else what resolves when it may */
  tell(event: StreamEvent): Promise<void> | undefined;
  /** Adds a header to the answer for the client, unless that has begun. */
  setHeader(name: string, value: string): void;
  /** Ends the request to the agent. */
  giveUp(reason: HttpProblem): void;
}

/** Reads the answer of an agent, JSON or events, where a client of `POST /v1/invoke` would have it as it is. */
export class AgentReader extends Writable implements AnswerSink {
  private readonly events = new EventStream(({ data }) => this.take(data));
  private isStream = false;
  private pieces: Buffer[] = [];
  /** Bytes since the last event. */
  private size = 0;
  /** What the listener waits for. */
  private pause: Promise<void> | undefined;
  private last: unknown;

  public constructor(private readonly listener: AgentListener) {
    super();
  }

  /** What the answer says, once it is there. */
  public async outcome(): Promise<AgentOutcome> {
    if (!this.writableFinished) await new Promise((resolve) => this.once('finish', resolve));
    return outcomeOf(this.isStream ? this.last : parse(Buffer.concat(this.pieces).toString('utf8')));
  }

  public setHeader(name: string, value: string): void {
    this.listener.setHeader(name, value);
  }

  public writeHead(_status: number, headers: OutgoingHttpHeaders): void {
    this.isStream = headers['content-type'] === 'text/event-stream';
    const retryAfter = headers['retry-after'];
    if (typeof retryAfter === 'string') this.setHeader('retry-after', retryAfter);
  }

  /** Nobody waits for them. */
  public flushHeaders(): void {}

  public override _write(piece: Buffer, _encoding: BufferEncoding, done: () => void): void {
    if (!this.isStream) {
      this.pieces.push(piece);
      return done();
    }
    this.size += piece.length;
    this.events.push(piece);
    if (this.size > MAX_ANSWER_BYTES) {
      this.listener.giveUp(new HttpProblem('agent-failed', `An event of the agent is over ${MAX_ANSWER_BYTES} bytes.`));
    }
    const { pause } = this;
    this.pause = undefined;
    if (pause === undefined) done();
    else void pause.then(done);
  }

  private take(data: string): void {
    this.size = 0;
    const event = parse(data);
    if (!isObject(event)) return;
    if (event.type === 'completed') this.last = event.response;
    else if (event.type === 'failed') this.last = event.problem;
    else this.pause = this.listener.tell(event as StreamEvent) ?? this.pause;
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
