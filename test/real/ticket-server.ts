import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An MCP server of others with one tool, which keeps what it was shown. */
export class TicketServer {
  /** Bearer tokens, in the order of the requests. */
  public readonly shown: string[] = [];
  private readonly server: Server;

  public static async start(): Promise<TicketServer> {
    const made = new TicketServer();
    made.server.listen(0, '127.0.0.1');
    await once(made.server, 'listening');
    return made;
  }

  private constructor() {
    this.server = createServer((request, response) => {
      this.shown.push((request.headers.authorization ?? '').replace('Bearer ', ''));
      let text = '';
      request.setEncoding('utf8').on('data', (piece: string) => (text += piece));
      request.on('end', () => {
        const { id, method } = JSON.parse(text || '{}') as { id?: number; method?: string };
        if (id === undefined) return response.writeHead(202).end();
        response.writeHead(200, { 'content-type': 'application/json' });
        return response.end(JSON.stringify({ jsonrpc: '2.0', id, result: RESULTS[method ?? ''] ?? {} }));
      });
    });
  }

  public get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/mcp`;
  }

  public async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}

const RESULTS: Readonly<Record<string, object>> = {
  initialize: {
    protocolVersion: '2025-11-25',
    capabilities: { tools: {} },
    serverInfo: { name: 'tickets', version: '1' },
  },
  'tools/list': { tools: [{ name: 'open_ticket', inputSchema: { type: 'object' } }] },
  'tools/call': { content: [{ type: 'text', text: 'ticket 1' }] },
};
