import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** One request that a proxy got, by its first line. */
export interface SeenByProxy {
  readonly method: string;
  /** `host:port` of a CONNECT, else the whole URL. */
  readonly target: string;
  readonly headers: IncomingMessage['headers'];
}

/** A forward proxy on loopback. It knows where names lead; what it does not know it refuses as Squid does. */
export class TestProxy {
  public readonly seen: SeenByProxy[] = [];
  /** Answer to every request in place of passing it on; a CONNECT that is answered 0 is cut after the 200. */
  public refuseWith: number | undefined;
  private readonly sockets = new Set<Duplex>();

  private constructor(
    private readonly server: Server,
    private readonly hosts: Readonly<Record<string, string>>,
  ) {
    server.on('connection', (socket: Socket) => this.keep(socket));
    server.on('connect', (incoming, socket, head) => this.tunnel(incoming, socket, head));
    server.on('request', (incoming, response) => this.forward(incoming, response));
  }

  /** @param hosts local address (`127.0.0.1:4711`) by `host:port` */
  public static async start(hosts: Readonly<Record<string, string>>): Promise<TestProxy> {
    const proxy = new TestProxy(createServer(), hosts);
    await new Promise<void>((resolve) => proxy.server.listen(0, '127.0.0.1', () => resolve()));
    return proxy;
  }

  public get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  public async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }

  private note({ method = '', url = '', headers }: IncomingMessage): void {
    this.seen.push({ method, target: url, headers });
  }

  private keep(socket: Duplex): void {
    this.sockets.add(socket);
    socket.on('error', () => undefined).once('close', () => this.sockets.delete(socket));
  }

  private tunnel(incoming: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.note(incoming);
    const address = this.hosts[incoming.url ?? ''];
    const status = this.refuseWith ?? (address === undefined ? 403 : undefined);
    if (status === 0) {
      socket.end('HTTP/1.1 200 Connection established\r\n\r\n');
    } else if (status !== undefined || address === undefined) {
      socket.end(`HTTP/1.1 ${status} No\r\nx-squid-error: ERR_ACCESS_DENIED 0\r\ncontent-length: 0\r\n\r\n`);
    } else {
      const [host, port] = address.split(':');
      const upstream = connect(Number(port), host);
      this.keep(upstream);
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.write(head);
      socket.pipe(upstream).pipe(socket);
    }
  }

  private forward(incoming: IncomingMessage, response: ServerResponse): void {
    this.note(incoming);
    const url = URL.parse(incoming.url ?? '');
    const address = this.hosts[`${url?.hostname}:${url?.port || '80'}`];
    const status = this.refuseWith ?? (address === undefined ? 403 : undefined);
    if (url === null || status !== undefined || address === undefined) {
      response.writeHead(status ?? 400, { 'x-squid-error': 'ERR_ACCESS_DENIED 0' }).end('refused');
      return;
    }
    const [host, port] = address.split(':');
    const options = { host, port, path: url.pathname + url.search, method: incoming.method, headers: incoming.headers };
    const upstream = request(options, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    incoming.pipe(upstream);
  }
}
