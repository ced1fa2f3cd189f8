import { jsonExcess } from '@agentyard/runtime-kit';
import type { CallOutcome } from './call-outcome.js';
import { isChildAnswer, type ReadyLine } from './child-protocol.js';

const NEWLINE = 0x0a;
const READY: ReadyLine = '{"status":"ready"}';
const READY_BYTES = Buffer.from(`${READY}\n`);
/** A value that is nested deeper can be parsed, and perhaps not be written again. */
const LIMITS = { depth: 1_000, members: Infinity };

/**
 * What comes on the descriptor of a process's answer: that its module is loaded, then the answer. The tool shares the
 * descriptor with the child program, so that it may be anything.
 */
export class CallAnswer {
  private chunks: Buffer[] = [];
  private ready = false;
  /** Whether a line of readiness may still come. */
  private isOpen = true;

  public add(chunk: Buffer): void {
    this.chunks.push(chunk);
    if (this.isOpen) this.takeReadyLine();
  }

  /** Whether the module is loaded. */
  public get isReady(): boolean {
    return this.ready;
  }

  /** Whether nothing of the answer has come. */
  public get isEmpty(): boolean {
    return this.chunks.length === 0;
  }

  public get isComplete(): boolean {
    return this.chunks.at(-1)?.at(-1) === NEWLINE;
  }

  /** What a complete answer says. */
  public outcome(): CallOutcome {
    const bytes = Buffer.concat(this.chunks);
    if (jsonExcess(bytes, LIMITS) !== undefined) {
      return { kind: 'crashed', detail: 'its result is nested too deeply' };
    }
    try {
      const answer: unknown = JSON.parse(bytes.toString('utf8'));
      if (isChildAnswer(answer)) return { kind: 'answered', answer };
    } catch {
      // Said below.
    }
    return { kind: 'crashed', detail: 'its result could not be read' };
  }

  private takeReadyLine(): void {
    const bytes = Buffer.concat(this.chunks);
    if (bytes.length < READY_BYTES.length) return;
    this.isOpen = false;
    this.ready = bytes.subarray(0, READY_BYTES.length).equals(READY_BYTES);
    if (!this.ready) return;
    this.chunks = bytes.length > READY_BYTES.length ? [bytes.subarray(READY_BYTES.length)] : [];
  }
}
