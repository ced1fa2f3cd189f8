import type { StreamEvent } from 'agentyard/contract';
import type { McpReply } from '../reply.js';
import { metaOf } from '../wire/envelope.js';
import type { RpcRequest } from '../wire/json-rpc.js';

/** Member of `_meta` of a progress notification: which event of the agent it tells of, as `streamEvent` names it. */
const EVENT = 'agentyard.dev/event';

/**
 * Tells a client how an agent gets on (MCP, Progress): `progress` counts the events that were told, and `message` has the
 * text that the agent has just written, or what it does. What its tools are given and answer stays with it.
 */
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
    const message = messageOf(event);
    if (message === undefined) return undefined;
    const { progressToken } = this;
    const params = { progressToken, progress: (this.told += 1), message, _meta: { [EVENT]: event.type } };
    return this.reply.notify(JSON.stringify({ jsonrpc: '2.0', method: 'notifications/progress', params }));
  }
}

/** Absent for the first event, and for the last, which is the answer. */
function messageOf(event: StreamEvent): string | undefined {
  switch (event.type) {
    case 'turn-started':
      return `Turn ${event.turn}`;
    case 'text-delta':
      return event.text;
    case 'tool-started':
      return `Calls ${event.tool} of ${event.toolset}`;
    case 'tool-finished':
      return `${event.tool} of ${event.toolset} ${event.isError ? 'has failed' : 'has answered'}`;
    case 'started':
    case 'completed':
    case 'failed':
      return undefined;
  }
}
