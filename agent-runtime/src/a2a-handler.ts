import type { IncomingMessage } from 'node:http';
import {
  HttpProblem,
  readBody,
  refuseExcessiveJson,
  sendJson,
  USUAL_JSON_LIMITS,
  type Handler,
  type Routes,
} from '@agentyard/runtime-kit';
import {
  A2A_ERRORS,
  A2A_ID,
  A2A_PATH,
  A2A_VERSION_HEADER,
  AGENT_CARD_PATHS,
  agentCardJson,
  CONTEXT_ID_HEADER,
  TASK_ID_HEADER,
} from 'agentyard/contract';
import type { A2aServer } from './a2a/a2a-server.js';
import type { Agent } from './agent-loop.js';
import type { Door } from './door.js';
import type { InvokerCheck } from './invoker-check.js';

/** An agent that speaks A2A: `POST /a2a` for who may invoke it, and its card. The SDK is loaded with the first request. */
export class A2aHandler {
  private server: Promise<A2aServer> | undefined;

  public constructor(
    private readonly agent: Agent,
    private readonly door: Door,
    private readonly invokers: InvokerCheck,
  ) {}

  public get routes(): Routes {
    const cards = AGENT_CARD_PATHS.map((path) => [A2A_PATH + path, { GET: this.card }] as const);
    return { [A2A_PATH]: { POST: this.answer }, ...Object.fromEntries(cards) };
  }

  public async close(): Promise<void> {
    (await this.server)?.close();
  }

  /** Who may not invoke the agent is refused before the body is read. */
  private readonly answer: Handler = async (request, response, context) => {
    const { document } = this.agent;
    const { invoker, trace, timeoutMs } = await this.door.admit(request, context);
    const { userClaim, user, owner } = invoker;
    const message = await readMessage(request, document.maxBodyBytes);
    if (message === undefined) {
      const error = { code: A2A_ERRORS.parse, message: 'The body must be one JSON-RPC request.' };
      return sendJson(response, 200, { jsonrpc: '2.0', id: null, error });
    }
    const { requestId, log, signal } = context;
    const server = await (this.server ??= this.load());
    const call = {
      requestId,
      log,
      signal,
      annotate: (fields: Readonly<Record<string, unknown>>) => context.annotate(fields),
      trace,
      owner,
      userClaim,
      user,
      timeoutMs,
      names: { id: nameIn(request, TASK_ID_HEADER), contextId: nameIn(request, CONTEXT_ID_HEADER) },
    };
    await server.answer(message, versionOf(request), call, response);
  };

  private readonly card: Handler = async (request, response, context) => {
    await this.invokers.admit(request, context);
    const { name, card } = this.agent.document;
    const subject = { name, card, url: `http://${request.headers.host ?? 'localhost'}${A2A_PATH}`, security: [] };
    response.setHeader('vary', A2A_VERSION_HEADER);
    sendJson(response, 200, agentCardJson(subject, versionOf(request) === '1.0' ? '1.0' : '0.3'));
  };

  private async load(): Promise<A2aServer> {
    const { A2aServer: Server } = await import('./a2a/a2a-server.js');
    return new Server(this.agent);
  }
}

/** @returns absent for what is no JSON object */
async function readMessage(
  request: IncomingMessage,
  maxBytes: number,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  const type = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/json') {
    throw new HttpProblem('media-type-unsupported', 'Send content-type: application/json.');
  }
  const body = await readBody(request, maxBytes);
  refuseExcessiveJson(body, USUAL_JSON_LIMITS);
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    return value as Readonly<Record<string, unknown>>;
  } catch {
    return undefined;
  }
}

/** Only services that may invoke the agent say by what names they will ask for a task again. */
function nameIn({ headers }: IncomingMessage, header: string): string | undefined {
  const name = headers[header];
  return typeof name === 'string' && A2A_ID.test(name) ? name : undefined;
}

function versionOf({ headers }: IncomingMessage): string {
  return String(headers[A2A_VERSION_HEADER] ?? '') || '0.3';
}
