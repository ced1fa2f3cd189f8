import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ApiServer } from '../src';
import { certificateFor } from './test-certificate';
import { onCleanUp, temporaryDirectory } from './test-resources';

type Entries = Readonly<Record<string, string>>;

/** An API server that holds ConfigMaps and Secrets, and says when they change. */
export class FakeApiServer {
  /** What it was asked for, without watches. */
  public readonly read: string[] = [];
  /** What was watched, with its query. */
  public readonly watched: string[] = [];
  /** What it answers instead. */
  public answer: RequestListener | undefined;
  private readonly objects = new Map<string, Entries>();
  private readonly watches = new Map<ServerResponse, string>();

  private constructor(
    private readonly directory: string,
    private port = 0,
  ) {}

  public static async start(): Promise<FakeApiServer> {
    const fake = new FakeApiServer(await temporaryDirectory());
    const certificate = certificateFor('localhost');
    const server = createServer(certificate, (request, response) => fake.take(request, response));
    await new Promise<void>((resolve) => server.listen(0, 'localhost', () => resolve()));
    onCleanUp(() => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    });
    fake.port = (server.address() as AddressInfo).port;
    await writeFile(path.join(fake.directory, 'ca.crt'), certificate.cert);
    await writeFile(path.join(fake.directory, 'token'), 'the-token');
    return fake;
  }

  /** A client of it, as pods have one. */
  public client(): ApiServer {
    const environment = { KUBERNETES_SERVICE_HOST: 'localhost', KUBERNETES_SERVICE_PORT: String(this.port) };
    const api = ApiServer.ofPod(environment, this.directory);
    onCleanUp(() => api.close());
    return api;
  }

  /** Writes an object, or removes it. @param name `configmaps/x` or `secrets/x` */
  public put(name: string, data: Entries | undefined): void {
    if (data === undefined) this.objects.delete(name);
    else this.objects.set(name, data);
    this.send(data === undefined ? 'DELETED' : 'MODIFIED', name);
  }

  /** Sends an event to those who watch an object. */
  public send(type: string, name: string): void {
    for (const [response, watched] of this.watches) {
      if (watched === name) response.write(`${JSON.stringify({ type, object: {} })}\n`);
    }
  }

  /** Cuts all watches, and answers with this from now on. */
  public cut(answer?: RequestListener): void {
    this.answer = answer;
    for (const [response] of this.watches) response.destroy();
  }

  private take(request: IncomingMessage, response: ServerResponse): void {
    if (this.answer !== undefined) return this.answer(request, response);
    const url = new URL(request.url ?? '/', 'https://localhost');
    const [, kind = '', name] = /^\/api\/v1\/namespaces\/test\/(\w+)(?:\/(.*))?$/.exec(url.pathname) ?? [];
    if (request.headers.authorization !== 'Bearer the-token') return void response.writeHead(401).end('{}');
    if (name === undefined) return this.watch(kind, url, response);
    this.read.push(`${kind}/${name}`);
    const data = this.objects.get(`${kind}/${name}`);
    if (data === undefined) return void response.writeHead(404).end('{"kind":"Status","message":"not found"}');
    const encoded = Object.entries(data).map(([entry, text]) => [
      entry,
      kind === 'secrets' ? Buffer.from(text).toString('base64') : text,
    ]);
    response.end(JSON.stringify({ metadata: { name }, data: Object.fromEntries(encoded) as Entries }));
  }

  private watch(kind: string, url: URL, response: ServerResponse): void {
    this.watched.push(`${kind}${url.search}`);
    const name = `${kind}/${url.searchParams.get('fieldSelector')?.replace('metadata.name=', '')}`;
    this.watches.set(response, name);
    response.on('close', () => this.watches.delete(response));
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
  }
}
