import { handleWithWeb, type Handler } from '@agentyard/runtime-kit';
import type { Agent } from '../agent-loop.js';
import type { Door } from '../door.js';
import type { AgentMcpServer } from './agent-mcp-server.js';

/** An agent that speaks MCP at `/mcp`, with one tool. The SDK is loaded with the first request. */
export class McpHandler {
  private server: Promise<AgentMcpServer> | undefined;

  public constructor(
    private readonly agent: Agent,
    private readonly door: Door,
  ) {}

  /** Who may not invoke the agent is refused before the body is read. */
  public readonly answer: Handler = async (request, response, context) => {
    const admitted = await this.door.admit(request, context);
    const server = await (this.server ??= this.load());
    const { maxBodyBytes } = this.agent.document;
    await handleWithWeb(request, response, context.signal, maxBodyBytes, (web) => server.answer(web, admitted));
  };

  public async close(): Promise<void> {
    await (await this.server)?.close();
  }

  private async load(): Promise<AgentMcpServer> {
    const { AgentMcpServer: Server } = await import('./agent-mcp-server.js');
    return new Server(this.agent);
  }
}
