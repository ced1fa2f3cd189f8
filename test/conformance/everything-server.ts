import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  createMcpHandler,
  hostHeaderValidationResponse,
  isLegacyRequest,
  localhostAllowedHostnames,
  localhostAllowedOrigins,
  originValidationResponse,
  type McpHttpHandler,
} from '@modelcontextprotocol/server';
import { handleWithWeb } from '../../runtime-kit/src/web-bridge';
import { EverythingChanges } from './everything-changes';
import { everythingFeatures } from './everything-features';
import { EverythingSessions, type AnswerForm } from './everything-sessions';

const PATH = '/mcp';

/** What an everything-server starts with. */
export interface EverythingServerOptions {
  /**
   * How requests of clients of 2025 are answered.
   *
   * @default 'sse'
   */
  readonly answers?: AnswerForm;
  /**
   * The only era that it speaks.
   *
   * @default - both
   */
  readonly only?: 'modern' | 'legacy';
}

/**
 * The server that the MCP conformance suites are written for, on loopback: 2026-07-28 without sessions, and the
 * revisions of 2025 with sessions, at one URL.
 */
export class EverythingServer {
  public static async start({ answers = 'sse', only }: EverythingServerOptions = {}): Promise<EverythingServer> {
    const server = new EverythingServer(answers, only);
    server.http.listen(0, '127.0.0.1');
    await once(server.http, 'listening');
    return server;
  }

  private readonly http: Server;
  private readonly changes = new EverythingChanges();
  private readonly sessions: EverythingSessions;
  private readonly stateless: McpHttpHandler;

  private constructor(
    answers: AnswerForm,
    private readonly only: EverythingServerOptions['only'],
  ) {
    this.http = createServer((request, response) => void this.answer(request, response));
    this.sessions = new EverythingSessions(() => everythingFeatures('legacy', this.changes), answers);
    this.stateless = createMcpHandler(({ era }) => everythingFeatures(era, this.changes), {
      legacy: 'reject',
      bus: this.changes.bus,
      keepAliveMs: 0,
    });
  }

  /** Where it serves MCP. */
  public get url(): string {
    return `http://127.0.0.1:${(this.http.address() as AddressInfo).port}${PATH}`;
  }

  /** Ends its sessions, streams and connections. */
  public async close(): Promise<void> {
    await Promise.all([this.stateless.close(), this.sessions.close()]);
    const closed = once(this.http, 'close');
    this.http.close();
    this.http.closeAllConnections();
    await closed;
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const left = new AbortController();
    response.once('close', () => left.abort());
    try {
      // The SDK has its own limit for bodies.
      await handleWithWeb(request, response, left.signal, Infinity, (web) => this.route(web));
    } catch {
      response.destroy();
    }
  }

  private async route(request: Request): Promise<Response> {
    if (new URL(request.url).pathname !== PATH) return new Response(null, { status: 404 });
    const refused =
      hostHeaderValidationResponse(request, localhostAllowedHostnames()) ??
      originValidationResponse(request, localhostAllowedOrigins());
    if (refused !== undefined) return refused;
    const isLegacy = this.only === undefined ? await isLegacyRequest(request) : this.only === 'legacy';
    return isLegacy ? this.sessions.handle(request) : this.stateless.fetch(request);
  }
}
