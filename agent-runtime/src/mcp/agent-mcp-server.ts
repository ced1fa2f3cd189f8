import { AsyncLocalStorage } from 'node:async_hooks';
import { HttpProblem } from '@agentyard/runtime-kit';
import {
  createMcpHandler,
  ProtocolError,
  ProtocolErrorCode,
  Server,
  type CallToolResult,
  type ServerContext,
  type Tool,
} from '@modelcontextprotocol/server';
import {
  AGENT_TOOL_ANNOTATIONS,
  AGENT_TOOL_SCHEMAS,
  agentInvokeRequest,
  agentProgress,
  agentToolAnswer,
  agentToolDescription,
  ContractError,
  parseValue,
  problemText,
  unfitTaskText,
  type InvokeResponse,
} from 'agentyard/contract';
import manifest from '../../package.json' with { type: 'json' };
import { ask, type Events } from '../agent-handler.js';
import type { Agent } from '../agent-loop.js';
import type { AdmittedRequest } from '../door.js';

/** Name of its one tool. */
const INVOKE = 'invoke';

/** An agent as an MCP server with the tool `invoke`, for clients of both eras, without sessions. */
export class AgentMcpServer {
  /** The SDK does not pass it through in both eras. */
  private readonly request = new AsyncLocalStorage<AdmittedRequest>();
  private readonly mcp: ReturnType<typeof createMcpHandler>;

  public constructor(private readonly agent: Agent) {
    const { maxBodyBytes } = agent.document;
    this.mcp = createMcpHandler(() => this.createServer(), { maxRequestBodySize: maxBodyBytes });
  }

  public answer(web: Request, admitted: AdmittedRequest): Promise<Response> {
    return this.request.run(admitted, () => this.mcp.fetch(web));
  }

  /** Ends what is still being answered. */
  public close(): Promise<void> {
    return this.mcp.close();
  }

  private createServer(): Server {
    const { name, card } = this.agent.document;
    const server = new Server({ name, version: manifest.version }, { capabilities: { tools: {} } });
    server.setRequestHandler('tools/list', () => ({ tools: [toolOf(name, card.description)] }));
    server.setRequestHandler('tools/call', ({ params }, context) => {
      if (params.name === INVOKE) return this.invoke(params.arguments, context);
      throw new ProtocolError(ProtocolErrorCode.InvalidParams, `Unknown tool: ${params.name}`);
    });
    return server;
  }

  /** What keeps the agent from an answer is a result with `isError`, so that the model of the client sees it. */
  private async invoke(given: unknown, { mcpReq }: ServerContext): Promise<CallToolResult> {
    const admitted = this.request.getStore();
    if (admitted === undefined) throw new Error('an MCP message came outside of a request');
    const signal = AbortSignal.any([mcpReq.signal, admitted.context.signal]);
    try {
      const task = parseValue(agentInvokeRequest, given ?? {}, 'arguments');
      const { toolCalls: _ownAffair, ...result } = await answerOf(ask(this.agent, task, admitted, signal), mcpReq);
      return agentToolAnswer(result);
    } catch (error) {
      if (signal.aborted) throw error;
      return { content: [{ type: 'text', text: refusalOf(error, admitted) }], isError: true };
    }
  }
}

/** Reads to the end, and tells who asks for it how the agent gets on. */
async function answerOf(events: Events, { _meta, notify }: ServerContext['mcpReq']): Promise<InvokeResponse> {
  const token = _meta?.progressToken;
  let told = 0;
  for await (const event of events) {
    if (event.type === 'completed') return event.response;
    const params = token === undefined ? undefined : agentProgress(event, token, told + 1);
    if (params === undefined) continue;
    told += 1;
    await notify({ method: 'notifications/progress', params });
  }
  throw new Error('the run has ended without an answer');
}

/** @throws what is no problem of the request */
function refusalOf(error: unknown, { context }: AdmittedRequest): string {
  if (error instanceof ContractError) return unfitTaskText(error);
  if (!(error instanceof HttpProblem)) throw error;
  context.annotate({ problem: error.code });
  return problemText(error.toProblem(context.requestId));
}

function toolOf(agent: string, description: string | undefined): Tool {
  return {
    name: INVOKE,
    description: agentToolDescription(agent, description),
    ...(AGENT_TOOL_SCHEMAS as Pick<Tool, 'inputSchema' | 'outputSchema'>),
    annotations: AGENT_TOOL_ANNOTATIONS,
  };
}
