import { createServer } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { certificateFor } from '../../runtime-kit/test/test-certificate';
import { cleanUp, documentOf, eventually, logLine, onCleanUp, startTestGateway, type TestGateway } from './fixture';

afterEach(cleanUp);

const [server, client, other] = [certificateFor('localhost'), certificateFor('gateway'), certificateFor('localhost')];
/** Host name of a headless Service, and a certificate for it. */
const SERVICE = 'foreign.others.svc';
const ofService = certificateFor(SERVICE);

/** A server behind TLS that notes whether it was shown a certificate that it trusts. */
async function startUpstream(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
  certificate = server,
) {
  const shown: boolean[] = [];
  const upstream = createServer({ ...certificate, ca: [client.cert], requestCert: true, rejectUnauthorized: false });
  upstream.on('request', (request, response) => {
    shown.push((request.socket as TLSSocket).authorized);
    answer(request, response);
  });
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
  onCleanUp(async () => {
    upstream.closeAllConnections();
    await new Promise((resolve) => upstream.close(resolve));
  });
  const { port } = upstream.address() as AddressInfo;
  return { url: `https://localhost:${port}`, address: `127.0.0.1:${port}`, shown };
}

const TLS = {
  caFile: '/etc/agentyard/up/ca.crt',
  clientCertificateFile: '/etc/agentyard/up/tls.crt',
  clientKeyFile: '/etc/agentyard/up/tls.key',
};
const FILES = { 'up/ca.crt': server.cert, 'up/tls.crt': client.cert, 'up/tls.key': client.key };

const json = (response: ServerResponse, body: unknown) => {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
};

describe('TLS towards an MCP server', () => {
  /** An MCP server of the sessionless revision that has one tool. */
  const startServer = (certificate = server) =>
    startUpstream((request, response) => {
      let text = '';
      request.setEncoding('utf8').on('data', (piece: string) => (text += piece));
      request.on('end', () => {
        const { id, method } = JSON.parse(text) as { id?: number; method: string };
        if (id === undefined) return response.writeHead(202).end();
        const tools = [{ name: 'greet', inputSchema: { type: 'object' } }];
        const result = method === 'initialize' ? initialized : { tools };
        return json(response, { jsonrpc: '2.0', id, result });
      });
    }, certificate);
  const initialized = {
    protocolVersion: '2025-11-25',
    capabilities: { tools: {} },
    serverInfo: { name: 'foreign', version: '1' },
  };

  const namesOf = async (gateway: TestGateway) => {
    const answer = await fetch(`${gateway.url}/mcp`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json', 'mcp-protocol-version': '2025-11-25' },
      body: '{"jsonrpc":"2.0","id":1,"method":"tools/list"}',
    });
    const { result } = (await answer.json()) as { result?: { tools: { name: string }[] } };
    return result?.tools.map(({ name }) => name) ?? [];
  };

  const start = async (url: string, files: Readonly<Record<string, string>> = FILES) =>
    startTestGateway({
      document: documentOf({
        mcpServers: [{ name: 'foreign', endpoint: { by: 'url', url, tls: TLS }, timeoutMs: 5_000, otherTools: '*' }],
      }),
      files,
    });

  it('trusts its own authority, and shows the certificate of the gateway', async () => {
    const upstream = await startServer();
    const gateway = await start(`${upstream.url}/mcp`);
    await eventually(async () => (await namesOf(gateway)).join().includes('greet'));
    expect(new Set(upstream.shown)).toEqual(new Set([true]));
  });

  it('sends nothing to a server of another authority', async () => {
    const upstream = await startServer();
    const gateway = await start(`${upstream.url}/mcp`, { ...FILES, 'up/ca.crt': other.cert });
    expect(await namesOf(gateway)).toEqual([]);
    expect(upstream.shown).toEqual([]);
  });

  /** A gateway that calls it as a pod of the Service, by its address. */
  const startBefore = (pods: readonly { readonly address: string }[], authority: string) =>
    startTestGateway({
      document: documentOf({
        mcpServers: [
          {
            name: 'foreign',
            endpoint: { by: 'pods', host: SERVICE, port: 8443, path: '/mcp', tls: TLS },
            timeoutMs: 5_000,
            otherTools: '*',
          },
        ],
      }),
      hosts: { [`${SERVICE}:8443`]: pods.map(({ address }) => address) },
      files: { ...FILES, 'up/ca.crt': authority },
    });

  it('takes certificates for the Service where pods are called by their addresses', async () => {
    const upstream = await startServer(ofService);
    const gateway = await startBefore([upstream], ofService.cert);
    await eventually(async () => (await namesOf(gateway)).join().includes('greet'));
    expect(new Set(upstream.shown)).toEqual(new Set([true]));
  });

  it('sends nothing to a pod whose certificate is for another host', async () => {
    const upstream = await startServer(server);
    const gateway = await startBefore([upstream], server.cert);
    expect(await namesOf(gateway)).toEqual([]);
    expect(upstream.shown).toEqual([]);
  });

  it('refuses a document whose files are wrong, and the old one stays', async () => {
    const upstream = await startServer();
    const gateway = await start(`${upstream.url}/mcp`);
    const tls = { caFile: '/etc/agentyard/up/missing.crt' };
    await gateway.writeDocument(
      documentOf({
        mcpServers: [{ name: 'foreign', endpoint: { by: 'url', url: upstream.url, tls }, timeoutMs: 5_000 }],
      }),
    );
    const { faults } = await logLine(gateway, 'reload-refused');
    expect(JSON.stringify(faults)).toMatch(/TLS towards the MCP server \\"foreign\\": .*missing.crt cannot be read/);
    expect((await namesOf(gateway)).join()).toContain('greet');
  });
});

describe('TLS towards an issuer', () => {
  it('trusts its own authority, and shows the certificate of the gateway', async () => {
    const upstream = await startUpstream((_request, response) => json(response, { keys: [] }));
    const issuer = { issuer: upstream.url, jwksUri: `${upstream.url}/keys`, audiences: ['x'], roles: [], tls: TLS };
    await startTestGateway({
      document: documentOf({ auth: { mode: 'credentials', issuers: [issuer] } }),
      files: FILES,
    });
    expect(await eventually(() => upstream.shown[0])).toBe(true);
  });
});

describe('TLS towards an authorization server', () => {
  it('trusts its own authority, and shows the certificate of the gateway', async () => {
    const upstream = await startUpstream((_request, response) =>
      json(response, { access_token: 'a-token', token_type: 'Bearer', expires_in: 300 }),
    );
    const credentials = {
      by: 'client-credentials' as const,
      tokenEndpoint: `${upstream.url}/token`,
      clientId: 'gateway',
      client: { method: 'client_secret_basic' as const, clientSecretFile: '/etc/agentyard/up/secret' },
      tls: TLS,
    };
    const endpoint = { by: 'url' as const, url: 'http://127.0.0.1:9/mcp' };
    const gateway = await startTestGateway({
      document: documentOf({
        mcpServers: [{ name: 'foreign', endpoint, timeoutMs: 5_000, otherTools: '*', credentials }],
      }),
      files: { ...FILES, 'up/secret': 'the-secret' },
    });
    await fetch(`${gateway.url}/mcp`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json', 'mcp-protocol-version': '2025-11-25' },
      body: '{"jsonrpc":"2.0","id":1,"method":"tools/list"}',
    });
    expect(upstream.shown[0]).toBe(true);
  });
});
