import { request, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { buildConnector } from 'undici';
import { EgressProxyError } from './egress-proxy-error.js';
import { portOf } from './proxy-variables.js';

/** How long a proxy may take to answer CONNECT; it looks the name up and may connect first. */
const ANSWER_MS = 15_000;

/** Codes of a connection that ended while TLS was being set up, as opposed to a certificate that is refused. */
const ENDED = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_CONNECT_TIMEOUT']);

/** Connects through a proxy to hosts that speak TLS: CONNECT (RFC 9110, 9.3.6), then TLS with the host itself. */
export class ProxyTunnel {
  /**
   * @param connector makes the connection to the proxy
   * @param tls sets up TLS inside of the tunnel
   */
  public constructor(
    private readonly connector: buildConnector.connector,
    private readonly tls: buildConnector.connector,
  ) {}

  /** A connection to `target` as undici asks for it. @throws EgressProxyError; what TLS itself fails with */
  public async open(proxy: URL, target: buildConnector.Options): Promise<Socket> {
    const host = `${target.hostname.includes(':') ? `[${target.hostname}]` : target.hostname}:${portOf(target)}`;
    const toProxy = await connected(this.connector, addressOf(proxy)).catch((cause: unknown) => {
      throw new EgressProxyError('egress-unreachable', host, undefined, { cause });
    });
    const httpSocket = await tunnelled(toProxy, proxy, host);
    return connected(this.tls, { ...target, httpSocket }).catch((cause: NodeJS.ErrnoException) => {
      if (!ENDED.has(cause.code ?? '')) throw cause;
      throw new EgressProxyError('egress-cut', host, undefined, { cause });
    });
  }
}

/** The header by which a proxy knows its client, if the proxy's URL holds a user name. */
export function proxyAuthorization({ username, password }: URL): Readonly<Record<string, string>> {
  if (username === '') return {};
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(credentials).toString('base64')}` };
}

function addressOf({ protocol, hostname, host, port }: URL): buildConnector.Options {
  return { protocol, hostname, host, port };
}

function connected(connector: buildConnector.connector, options: buildConnector.Options): Promise<Socket> {
  return new Promise((resolve, reject) => {
    connector(options, (error, socket) => (error === null ? resolve(socket) : reject(error)));
  });
}

async function tunnelled(toProxy: Socket, proxy: URL, host: string): Promise<Socket> {
  const status = await answerToConnect(toProxy, proxy, host).catch((cause: unknown) => {
    throw new EgressProxyError('egress-unreachable', host, undefined, { cause });
  });
  if (status >= 200 && status < 300) return toProxy;
  toProxy.on('error', () => undefined).destroy();
  throw new EgressProxyError(failureOf(status), host, status);
}

function answerToConnect(toProxy: Socket, proxy: URL, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const connect = request({
      method: 'CONNECT',
      path: host,
      headers: { host, connection: 'keep-alive', ...proxyAuthorization(proxy) },
      createConnection: () => toProxy,
    });
    const timer = setTimeout(() => connect.destroy(new Error(`no answer within ${ANSWER_MS} ms`)), ANSWER_MS);
    connect.once('connect', ({ statusCode = 0 }: IncomingMessage, socket: Socket, head: Buffer) => {
      if (head.length > 0) socket.unshift(head);
      resolve(statusCode);
    });
    connect.once('error', reject);
    connect.once('close', () => clearTimeout(timer)).once('connect', () => clearTimeout(timer));
    connect.end();
  });
}

/** What an answer of the proxy in place of the host's means. */
export function failureOf(status: number): 'egress-refused' | 'egress-failed' {
  return status < 500 ? 'egress-refused' : 'egress-failed';
}
