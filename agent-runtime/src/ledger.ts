import {
  FEWEST_ANSWER_TOKENS,
  METERED_LIMITS,
  MICROS,
  microCostOf,
  type AgentLimits,
  type InvokeResponse,
  type ModelPrice,
  type StopReason,
} from 'agentyard/contract';
import { NO_TOKENS, sumOf, type TokenUsage } from './token-usage.js';

/** How long an answer of the model may be, and what it is called when it has to end there. */
interface AnswerLimit {
  readonly tokens: number;
  readonly reason: StopReason;
}

/** What a run has used when it pauses. */
export interface LedgerState {
  readonly turns: number;
  readonly calls: number;
  readonly tokens: TokenUsage;
  readonly nextInput: number;
}

const NOTHING: LedgerState = { turns: 0, calls: 0, tokens: NO_TOKENS, nextInput: 0 };

/** What one run has used of what it may use: of the request that it is at, and of those before it paused. */
export class Ledger {
  private turnsTaken = 0;
  private callsMade: number;
  private refusedCall = false;
  private hasUnreported = false;
  private tokens = NO_TOKENS;
  private answerLimit: AnswerLimit | undefined;
  /** What a further turn is given at least, since a conversation only grows. */
  private nextInput: number;

  public constructor(
    private readonly limits: AgentLimits,
    private readonly price: ModelPrice | undefined,
    /** What the run has used before this request. */
    private readonly before: LedgerState = NOTHING,
  ) {
    this.callsMade = before.calls;
    this.nextInput = before.nextInput;
  }

  /** What the run has used so far. */
  public get state(): LedgerState {
    const { callsMade: calls, nextInput, before } = this;
    return { turns: before.turns + this.turnsTaken, calls, nextInput, tokens: this.allTokens };
  }

  /** Whether limits are set that only the provider's figures can keep, and it has not said them. */
  public get isBlind(): boolean {
    return this.hasUnreported && METERED_LIMITS.some((limit) => this.limits[limit] !== undefined);
  }

  /** Of this request. */
  public get turns(): number {
    return this.turnsTaken;
  }

  /** Of this request. */
  public get usage(): InvokeResponse['usage'] {
    return this.price === undefined
      ? this.tokens
      : { ...this.tokens, cost: microCostOf(this.tokens, this.price) / MICROS };
  }

  /** The limit that leaves no room for a further turn. @returns absent if none does */
  public get exhausted(): StopReason | undefined {
    if (this.refusedCall) return 'max-tool-calls';
    if (this.state.turns >= this.limits.maxTurns) return 'max-turns';
    if (this.nextInput >= this.restOf('maxInputTokens', this.allTokens.inputTokens)) return 'max-input-tokens';
    return this.rooms().find(({ tokens }) => tokens < FEWEST_ANSWER_TOKENS)?.reason;
  }

  /** Why an answer ended that had to be cut. */
  public get cutBy(): StopReason {
    return this.answerLimit?.reason ?? 'max-answer-tokens';
  }

  /**
   * Begins a turn.
   *
   * @param ownLimit most tokens of an answer, whatever is left
   * @returns most tokens of the answer to this turn
   */
  public startTurn(ownLimit: number): number {
    this.turnsTaken += 1;
    const own: AnswerLimit = { tokens: ownLimit, reason: 'max-answer-tokens' };
    this.answerLimit = this.rooms().reduce((least, room) => (room.tokens < least.tokens ? room : least), own);
    return this.answerLimit.tokens;
  }

  /** Takes down what a turn has used. @param used absent: not known; it counts as nothing */
  public charge(used: TokenUsage | undefined): void {
    if (used === undefined) {
      this.hasUnreported = true;
      return;
    }
    this.tokens = sumOf(this.tokens, used);
    this.nextInput = used.inputTokens;
  }

  /** Takes down a call of a tool. @returns whether it may be made */
  public admitToolCall(): boolean {
    if (this.isBlind) return false;
    if (this.callsMade >= (this.limits.maxToolCalls ?? Infinity)) this.refusedCall = true;
    else this.callsMade += 1;
    return !this.refusedCall;
  }

  private get allTokens(): TokenUsage {
    return sumOf(this.before.tokens, this.tokens);
  }

  /** What each limit leaves for the next answer, after what it is given. */
  private rooms(): AnswerLimit[] {
    const { inputTokens, outputTokens, totalTokens } = this.allTokens;
    return [
      { reason: 'max-output-tokens', tokens: this.restOf('maxOutputTokens', outputTokens) },
      { reason: 'max-total-tokens', tokens: this.restOf('maxTotalTokens', totalTokens + this.nextInput) },
      { reason: 'max-cost', tokens: this.affordable(inputTokens + this.nextInput, outputTokens) },
    ];
  }

  private restOf(limit: 'maxInputTokens' | 'maxOutputTokens' | 'maxTotalTokens', used: number): number {
    return (this.limits[limit] ?? Infinity) - used;
  }

  /** How many tokens out the money is enough for. */
  private affordable(inputTokens: number, outputTokens: number): number {
    const { price, limits } = this;
    if (price === undefined || limits.maxCost === undefined) return Infinity;
    const left = limits.maxCost * MICROS - microCostOf({ inputTokens, outputTokens }, price);
    if (left <= 0) return 0;
    return price.outputPerMillion === 0 ? Infinity : Math.floor(left / price.outputPerMillion);
  }
}
