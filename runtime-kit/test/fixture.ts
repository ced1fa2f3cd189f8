import { request, type IncomingHttpHeaders, type RequestOptions } from 'node:http';
import type { GatewayDocumentInput } from 'agentyard/contract';
import { createLogger, Health, HttpServer, type HttpServerOptions, type Routes } from '../src';
import { onCleanUp } from './test-resources';

export { cleanUp, eventually, onCleanUp, replaceFile, temporaryDirectory } from './test-resources';

/** The smallest document that every test of documents can use. */
export function gatewayDocumentOf(more: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> {
  const document: GatewayDocumentInput = {
    kind: 'Gateway',
    version: 1,
    name: 'gateway',
    namespace: 'test',
    listen: { port: 8080 },
    auth: { mode: 'none' },
    identity: {
      issuer: 'agentyard:test/gateway',
      subject: 'system:serviceaccount:test:gateway',
      signingKeysDirectory: '/var/run/agentyard/signing-keys',
    },
    agents: [],
    routes: [],
    toolsets: [],
    shutdown: { graceMs: 5_000 },
  };
  return { ...document, ...more };
}

export type LogLine = Readonly<Record<string, unknown>>;

/** A logger whose lines are kept. */
export function keptLog() {
  const lines: LogLine[] = [];
  const destination = { write: (line: string) => void lines.push(JSON.parse(line) as LogLine) };
  return { lines, log: createLogger({ component: 'test', name: 'kit', namespace: 'here' }, destination) };
}

/** Starts a server on loopback. */
export async function startServer(routes: Routes, options: Pick<HttpServerOptions, 'stallMs'> = {}) {
  const { lines, log } = keptLog();
  const health = new Health();
  const server = new HttpServer({ host: '127.0.0.1', port: 0, routes, health, log, ...options });
  const port = await server.listen();
  onCleanUp(() => server.close(0));
  return { server, health, lines, port, url: `http://127.0.0.1:${port}` };
}

export interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Sends a request without the checks that fetch makes. */
export async function send(
  port: number,
  options: RequestOptions,
  chunks: readonly (string | Buffer)[] = [],
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, agent: false, ...options }, (answer) => {
      let body = '';
      answer.setEncoding('utf8').on('data', (text: string) => (body += text));
      answer.on('end', () => resolve({ status: answer.statusCode, headers: answer.headers, body }));
      answer.on('error', reject);
    });
    sent.on('error', reject);
    for (const chunk of chunks) sent.write(chunk);
    sent.end();
  });
}
