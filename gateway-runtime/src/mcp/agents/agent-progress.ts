import { agentProgress, type StreamEvent } from 'agentyard/contract';
import type { McpReply } from '../reply.js';
import { metaOf } from '../wire/envelope.js';
import type { RpcRequest } from '../wire/json-rpc.js';

/** Tells a client how an agent gets on. */
export class AgentProgress {
  /** @returns absent where nobody asks for it, or it cannot be told */
  public static for({ params }: RpcRequest, reply: McpReply): AgentProgress | undefined {
    const token = metaOf(params)?.progressToken;
    if (!reply.takesEvents || (typeof token !== 'string' && typeof token !== 'number')) return undefined;
    return new AgentProgress(token, reply);
  }

  private told = 0;

  private constructor(
    private readonly progressToken: string | number,
    private readonly reply: McpReply,
  ) {}

  /** @returns absent if the client takes more, else what resolves when it does */
  public tell(event: StreamEvent): Promise<void> | undefined {
    const params = agentProgress(event, this.progressToken, this.told + 1);
    if (params === undefined) return undefined;
    this.told += 1;
    return this.reply.notify(JSON.stringify({ jsonrpc: '2.0', method: 'notifications/progress', params }));
  }
}
