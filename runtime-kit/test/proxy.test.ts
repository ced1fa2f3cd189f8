import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import tls from 'node:tls';
import path from 'node:path';
import { createDispatcher, createFetch, EgressProxyError, type LocalOverlay } from '../src';
import { certificateFor } from './test-certificate';
import { cleanUp, onCleanUp, replaceFile, temporaryDirectory } from './fixture';
import { TestProxy } from './test-proxy';

const certificate = certificateFor('api.example.com');
const trusted = tls.getCACertificates('default');

beforeAll(() => tls.setDefaultCACertificates([...trusted, certificate.cert]));
afterAll(() => tls.setDefaultCACertificates(trusted));
afterEach(cleanUp);

/** Starts a server; @returns its address. */
async function listening(server: Server & { closeAllConnections(): void }): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  onCleanUp(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(() => resolve()));
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** An API behind a proxy, over http and https, and a `fetch` with variables that name the proxy. */
async function stage(
  variables: NodeJS.ProcessEnv = {},
  listener: RequestListener = (request, response) => {
    const { servername } = request.socket as tls.TLSSocket;
    response.end(JSON.stringify({ url: request.url, host: request.headers.host, servername }));
  },
) {
  const secure = await listening(createTlsServer(certificate, listener));
  const plain = await listening(createHttpServer(listener));
  const proxy = await TestProxy.start({
    'api.example.com:443': secure,
    'wrong.example.com:443': secure,
    'api.example.com:80': plain,
  });
  onCleanUp(() => proxy.stop());
  const dispatcher = createDispatcher(undefined, { HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url, ...variables });
  onCleanUp(() => dispatcher.destroy());
  return { proxy, plain, dispatcher, request: createFetch(dispatcher) };
}

describe('through an egress proxy', () => {
  it('https goes by CONNECT, and the TLS server name is the host', async () => {
    const { proxy, request } = await stage();
    const answer = await request('https://api.example.com/v1?x=1', { method: 'POST', body: 'hello' });
    expect(await answer.json()).toEqual({ url: '/v1?x=1', host: 'api.example.com', servername: 'api.example.com' });
    expect(proxy.seen).toMatchObject([
      { method: 'CONNECT', target: 'api.example.com:443', headers: { host: 'api.example.com:443' } },
    ]);
  });

  it('http goes in absolute form, with the host’s own Host header', async () => {
    const { proxy, request } = await stage();
    const answer = await request('http://api.example.com/v1?x=1', {
      method: 'POST',
      body: 'hello',
      headers: { 'x-api-key': 'k' },
    });
    expect(await answer.json()).toMatchObject({ url: '/v1?x=1', host: 'api.example.com' });
    expect(proxy.seen).toMatchObject([
      {
        method: 'POST',
        target: 'http://api.example.com/v1?x=1',
        headers: { host: 'api.example.com', 'x-api-key': 'k' },
      },
    ]);
  });

  it('a tunnel is kept and used again', async () => {
    const { proxy, request } = await stage();
    for (let i = 0; i < 9; i += 1) await (await request('https://api.example.com/')).text();
    expect(proxy.seen.length).toBeLessThan(9);
  });

  it('a user name in the proxy’s URL is the proxy’s alone', async () => {
    const seen: unknown[] = [];
    const { proxy } = await stage();
    const { request } = await stage(
      { HTTPS_PROXY: proxy.url.replace('//', '//me:se%3Acret@'), HTTP_PROXY: proxy.url.replace('//', '//me@') },
      (incoming, response) => void response.end(String(seen.push(incoming.headers['proxy-authorization']))),
    );
    await (await request('https://api.example.com/')).text();
    await (await request('http://api.example.com/')).text();
    expect(proxy.seen.map(({ headers }) => headers['proxy-authorization'])).toEqual([
      `Basic ${Buffer.from('me:se:cret').toString('base64')}`,
      `Basic ${Buffer.from('me:').toString('base64')}`,
    ]);
  });

  it('loopback and what NO_PROXY names stay direct', async () => {
    const { proxy, plain, request } = await stage({ NO_PROXY: 'elsewhere.example' });
    expect(await (await request(`http://${plain}/x`)).json()).toMatchObject({ url: '/x' });
    await expect(request('http://elsewhere.example.invalid./')).rejects.toThrow();
    expect(proxy.seen.map(({ target }) => target)).toEqual(['http://elsewhere.example.invalid./']);
    await expect(request('http://elsewhere.example/')).rejects.toMatchObject({ cause: { code: 'ENOTFOUND' } });
    expect(proxy.seen).toHaveLength(1);
  });

  it('a Service of the local platform is reached directly, whatever the variables say', async () => {
    const { proxy, plain } = await stage();
    const hostsFile = path.join(await temporaryDirectory(), 'hosts.json');
    await replaceFile(hostsFile, JSON.stringify({ 'support.team.svc:80': [plain] }));
    const overlay: LocalOverlay = { listen: { host: '127.0.0.1', port: 0 }, mounts: {}, hostsFile };
    const dispatcher = createDispatcher(overlay, { HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url });
    onCleanUp(() => dispatcher.destroy());
    const request = createFetch(dispatcher);
    expect(await (await request('http://support.team.svc/x')).json()).toMatchObject({ url: '/x' });
    expect(proxy.seen).toEqual([]);
    expect((await request('https://api.example.com/')).status).toBe(200);
    expect(proxy.seen).toHaveLength(1);
  });
});

describe('a proxy that does not carry a request', () => {
  const ask = async (url: string, prepare: (proxy: TestProxy) => Promise<void> | void = () => undefined) => {
    const { proxy, request } = await stage();
    await prepare(proxy);
    const error: unknown = await request(url).catch((thrown: unknown) => thrown);
    return { error, told: EgressProxyError.in(error), proxy };
  };

  it.each(['https://other.example.com/', 'http://other.example.com/'])('refuses: %s', async (url) => {
    const { error, told } = await ask(url);
    const host = `other.example.com:${url.startsWith('https') ? 443 : 80}`;
    expect(told).toMatchObject({ reason: 'egress-refused', host, status: 403 });
    expect(told?.message).toBe(
      `egress proxy: ${host} was refused; declare the host for this workload and apply the manifests again (status 403)`,
    );
    // Thrown as it is, so that nobody takes it for a network error that passes.
    expect(error).toBe(told);
  });

  it.each(['https://api.example.com/', 'http://api.example.com/'])('cannot reach the host: %s', async (url) => {
    const { error, told } = await ask(url, (proxy) => void (proxy.refuseWith = 503));
    expect(told).toMatchObject({ reason: 'egress-failed', status: 503 });
    expect(error).toBeInstanceOf(TypeError);
  });

  it.each(['https://api.example.com/', 'http://api.example.com/'])('is not there: %s', async (url) => {
    const { told } = await ask(url, (proxy) => proxy.stop());
    expect(told).toMatchObject({ reason: 'egress-unreachable', cause: { code: 'ECONNREFUSED' } });
  });

  it('cuts the tunnel before TLS', async () => {
    const { told } = await ask('https://api.example.com/', (proxy) => void (proxy.refuseWith = 0));
    expect(told).toMatchObject({ reason: 'egress-cut', host: 'api.example.com:443' });
  });

  it('leaves a wrong certificate to be what it is', async () => {
    const { error, told } = await ask('https://wrong.example.com/');
    expect(told).toBeUndefined();
    expect(error).toMatchObject({ cause: { code: 'ERR_TLS_CERT_ALTNAME_INVALID' } });
  });

  it('answers 403 in the host’s name when the host did', async () => {
    const { request } = await stage({}, (_request, response) => void response.writeHead(403).end('own words'));
    for (const url of ['http://api.example.com/', 'https://api.example.com/']) {
      const answer = await request(url);
      expect([answer.status, await answer.text()]).toEqual([403, 'own words']);
    }
  });
});
