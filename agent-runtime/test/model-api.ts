import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

/** A request that the model's API got. */
export interface SeenRequest {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Readonly<Record<string, unknown>>;
}

export type Answer = (response: ServerResponse, request: SeenRequest) => void;

/** A model's API on loopback that gives the answers it was told to, one per request. */
export class ModelApi {
  public readonly requests: SeenRequest[] = [];
  private readonly answers: Answer[] = [];
  private readonly http: Server;

  private constructor(certificate: { readonly key: string; readonly cert: string } | undefined) {
    const listener = (request: IncomingMessage, response: ServerResponse) => void this.handle(request, response);
    this.http = certificate === undefined ? createServer(listener) : createTlsServer(certificate, listener);
  }

  /** @param certificate makes it speak TLS */
  public static async start(certificate?: { readonly key: string; readonly cert: string }): Promise<ModelApi> {
    const api = new ModelApi(certificate);
    await new Promise<void>((resolve) => api.http.listen(0, '127.0.0.1', resolve));
    return api;
  }

  public get url(): string {
    return `http://${this.address}`;
  }

  public get address(): string {
    return `127.0.0.1:${(this.http.address() as AddressInfo).port}`;
  }

  /** The answers of the next requests, in order. */
  public willAnswer(...answers: Answer[]): void {
    this.requests.length = 0;
    this.answers.splice(0, this.answers.length, ...answers);
  }

  public async stop(): Promise<void> {
    this.http.closeAllConnections();
    await new Promise<void>((resolve) => this.http.close(() => resolve()));
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = (await json(request)) as Record<string, unknown>;
    const seen: SeenRequest = { path: request.url ?? '', headers: request.headers, body };
    this.requests.push(seen);
    const answer = this.answers.shift();
    if (answer === undefined) throw new Error(`unexpected request of ${request.url}`);
    answer(response, seen);
  }
}

/** An answer of Server-Sent Events, named by their type when they have one. */
export function events(...data: (Readonly<Record<string, unknown>> | '[DONE]')[]): Answer {
  return (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.end(data.map(block).join(''));
  };
}

function block(data: Readonly<Record<string, unknown>> | '[DONE]'): string {
  if (data === '[DONE]') return 'data: [DONE]\n\n';
  return `${typeof data.type === 'string' ? `event: ${data.type}\n` : ''}data: ${JSON.stringify(data)}\n\n`;
}

/** A failure, that asks for an immediate retry so that tests need not wait for the back-off. */
export function failure(status: number, body: string): Answer {
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/json', 'retry-after-ms': '1' });
    response.end(body);
  };
}

/** The first part of an answer of the chat completions API. */
export const firstWords = { id: '1', choices: [{ index: 0, delta: { content: 'Let me see' }, finish_reason: null }] };

/** Begins to answer and then loses the connection. */
export const breaksOff: Answer = (response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(`data: ${JSON.stringify(firstWords)}\n\n`, () => setImmediate(() => response.destroy()));
};
