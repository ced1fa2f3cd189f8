import type {
  AgentDocument,
  InvokeResponse,
  PendingApproval,
  StopReason,
  StreamEvent,
  ToolCall,
} from 'agentyard/contract';
import { Ledger, type LedgerState } from './ledger.js';
import type { ToolAddress } from './tool-catalog.js';

type EventOf<Type extends StreamEvent['type']> = Extract<StreamEvent, { type: Type }>;
type JsonValue = ToolCall['input'];

interface RunningCall extends ToolAddress {
  readonly input: JsonValue;
  readonly startedAt: number;
}

/** What the answer says beside what has happened. */
interface Completion {
  /** What waits for a person; absent: nothing. */
  readonly approval: PendingApproval | undefined;
  /** The answer as a value, where it has a schema. */
  readonly structuredOutput: unknown;
  /** Where it was kept; absent: nowhere. */
  readonly sessionId: string | undefined;
}

/** What has happened in one request: each change gives the event that tells of it, all of them make the answer. */
export class RunRecord {
  private readonly running = new Map<string, RunningCall>();
  private readonly toolCalls: ToolCall[] = [];
  private turns = 0;
  private output = '';
  private turnHasText = false;
  private readonly agent: string;
  /** What it has used. */
  public readonly ledger: Ledger;

  public constructor(
    private readonly requestId: string,
    { name, limits, price }: Pick<AgentDocument, 'name' | 'limits' | 'price'>,
    before?: LedgerState,
  ) {
    this.agent = name;
    this.ledger = new Ledger(limits, price, before);
  }

  public start(): EventOf<'started'> {
    return { type: 'started', requestId: this.requestId, agent: this.agent };
  }

  public startTurn(): EventOf<'turn-started'> {
    this.turns += 1;
    this.turnHasText = false;
    return { type: 'turn-started', turn: this.turns };
  }

  /** The answer is the text of the last turn that had any: what a model says before it calls a tool is not it. */
  public addText(text: string): EventOf<'text-delta'> {
    this.output = this.turnHasText ? this.output + text : text;
    this.turnHasText = true;
    return { type: 'text-delta', text };
  }

  public startTool(id: string, { toolset, tool }: ToolAddress, input: JsonValue): EventOf<'tool-started'> {
    this.running.set(id, { toolset, tool, input, startedAt: performance.now() });
    return { type: 'tool-started', id, toolset, tool, input };
  }

  /** Absent if no such call is running. */
  public finishTool(id: string, output: string, isError: boolean): EventOf<'tool-finished'> | undefined {
    const call = this.running.get(id);
    if (call === undefined) return undefined;
    this.running.delete(id);
    const { startedAt, ...rest } = call;
    const finished: ToolCall = { id, ...rest, output, isError, durationMs: Math.round(performance.now() - startedAt) };
    this.toolCalls.push(finished);
    return { type: 'tool-finished', ...finished };
  }

  /** Ends the calls that are still running as errors. */
  public *abandonTools(reason: string): Generator<EventOf<'tool-finished'>> {
    for (const id of [...this.running.keys()]) {
      const event = this.finishTool(id, reason, true);
      if (event !== undefined) yield event;
    }
  }

  /** The answer as far as it is known. */
  public get answer(): string {
    return this.output;
  }

  public get turnsStarted(): number {
    return this.turns;
  }

  /** Figures for the request's log line; no contents. */
  public summary(): Readonly<Record<string, number>> {
    return { turns: this.turns, toolCalls: this.toolCalls.length, ...this.ledger.usage };
  }

  /** The last event of a success. */
  public complete(stopReason: StopReason, { structuredOutput, approval, sessionId }: Completion): EventOf<'completed'> {
    const response: InvokeResponse = {
      requestId: this.requestId,
      agent: this.agent,
      sessionId,
      output: this.output,
      structuredOutput: structuredOutput as JsonValue | undefined,
      stopReason,
      approval,
      turns: this.turns,
      toolCalls: [...this.toolCalls],
      usage: this.ledger.usage,
    };
    return { type: 'completed', response };
  }
}
