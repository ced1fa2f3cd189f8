import type { ChatCompletion, ChatCompletionChunk, InvokeResponse, StopReason, StreamEvent } from 'agentyard/contract';

type FinishReason = ChatCompletion['choices'][0]['finish_reason'];
type Usage = ChatCompletion['usage'];
type Delta = ChatCompletionChunk['choices'][number]['delta'];

/** OpenAI has no words for limits but `length`: the answer is shorter than it would have been. */
const FINISH_REASONS: Readonly<Record<StopReason, FinishReason>> = {
  completed: 'stop',
  'max-turns': 'length',
  'max-tool-calls': 'length',
  'max-answer-tokens': 'length',
  'max-input-tokens': 'length',
  'max-output-tokens': 'length',
  'max-total-tokens': 'length',
  'max-cost': 'length',
  timeout: 'length',
  'content-filter': 'content_filter',
  // It is whole; that it does not fit says `stop_reason`.
  'invalid-output': 'stop',
  // Only requests of `POST /v1/invoke` wait.
  'approval-required': 'stop',
};

/**
 * What an agent says in one request: the text of all its turns, with an empty line between them. Of one whose answers have
 * a form it is the answer alone, which is known at the end.
 */
export class ChatText {
  private hasText = false;
  private isNewTurn = false;

  /** @param isFormed whether its answers have a form */
  public constructor(private readonly isFormed: boolean) {}

  /** The text that an event adds; absent if it adds none. */
  public addedBy(event: StreamEvent): string | undefined {
    if (this.isFormed) return event.type === 'completed' ? event.response.output : undefined;
    if (event.type === 'turn-started') this.isNewTurn = this.hasText;
    if (event.type !== 'text-delta') return undefined;
    const text = this.isNewTurn ? `\n\n${event.text}` : event.text;
    this.isNewTurn = false;
    this.hasText = true;
    return text;
  }
}

/** Writes the answer to one request as OpenAI does. */
export class ChatAnswer {
  private readonly head: Pick<ChatCompletion, 'id' | 'created' | 'model'>;

  /** @param asksUsage whether a chunk of its own says what was used */
  public constructor(
    requestId: string,
    agent: string,
    private readonly asksUsage: boolean,
  ) {
    this.head = { id: `chatcmpl-${requestId}`, created: Math.floor(Date.now() / 1000), model: agent };
  }

  /** The whole of it. */
  public completion(content: string, { stopReason, usage }: InvokeResponse): ChatCompletion {
    const message = { role: 'assistant', content, refusal: null } as const;
    return {
      ...this.head,
      object: 'chat.completion',
      choices: [{ index: 0, message, logprobs: null, ...finishOf(stopReason) }],
      usage: usageOf(usage),
    };
  }

  /** A piece of a stream. */
  public chunk(delta: Delta): ChatCompletionChunk {
    return this.chunkOf([{ index: 0, delta, logprobs: null, finish_reason: null }], this.asksUsage ? null : undefined);
  }

  /**
   * The end of a stream. What was used is told in any case, since a gateway that keeps a quota has to know it: to a
   * client that has not asked for it, beside the reason of the end.
   */
  public lastChunks({ stopReason, usage }: InvokeResponse): ChatCompletionChunk[] {
    const end = [{ index: 0 as const, delta: {}, logprobs: null, ...finishOf(stopReason) }];
    const used = usageOf(usage);
    return this.asksUsage ? [this.chunkOf(end, null), this.chunkOf([], used)] : [this.chunkOf(end, used)];
  }

  private chunkOf(choices: ChatCompletionChunk['choices'], usage: Usage | null | undefined): ChatCompletionChunk {
    return { ...this.head, object: 'chat.completion.chunk', choices, ...(usage !== undefined && { usage }) };
  }
}

function finishOf(stopReason: StopReason): { finish_reason: FinishReason; stop_reason: StopReason } {
  return { finish_reason: FINISH_REASONS[stopReason], stop_reason: stopReason };
}

function usageOf({ inputTokens, outputTokens, totalTokens }: InvokeResponse['usage']): Usage {
  return { prompt_tokens: inputTokens, completion_tokens: outputTokens, total_tokens: totalTokens };
}
