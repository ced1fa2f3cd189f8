import { randomUUID } from 'node:crypto';
import { WebStandardStreamableHTTPServerTransport, type McpServer } from '@modelcontextprotocol/server';
import { EventLog } from './event-log';

/** How answers to requests come: as a stream of events, or as JSON, which can carry nothing but the result. */
export type AnswerForm = 'sse' | 'json';

const SESSION_HEADER = 'mcp-session-id';

/** When a client whose stream has ended is to come back. */
const RETRY_MS = 100;

/** The sessions of clients of 2025-03-26 to 2025-11-25. */
export class EverythingSessions {
  private readonly sessions = new Map<string, WebStandardStreamableHTTPServerTransport>();

  public constructor(
    private readonly createServer: () => McpServer,
    private readonly answers: AnswerForm,
  ) {}

  /** Answers a request: of its session, or as the first one of a new session. */
  public async handle(request: Request): Promise<Response> {
    const id = request.headers.get(SESSION_HEADER);
    const session = id === null ? await this.open() : this.sessions.get(id);
    if (session === undefined) return sessionNotFound();
    const answer = await session.handleRequest(request);
    // What came without a session, and was not `initialize`, has been refused.
    if (session.sessionId === undefined) await session.close();
    return answer;
  }

  /** Ends all sessions, and what is still being answered in them. */
  public async close(): Promise<void> {
    await Promise.all([...this.sessions.values()].map((session) => session.close()));
  }

  private async open(): Promise<WebStandardStreamableHTTPServerTransport> {
    const session = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => void this.sessions.set(id, session),
      eventStore: new EventLog(),
      retryInterval: RETRY_MS,
      enableJsonResponse: this.answers === 'json',
      keepAliveMs: 0,
    });
    session.onclose = () => this.sessions.delete(session.sessionId ?? '');
    await this.createServer().connect(session);
    return session;
  }
}

function sessionNotFound(): Response {
  const error = { code: -32001, message: 'Session not found' };
  return Response.json({ jsonrpc: '2.0', error, id: null }, { status: 404 });
}
