import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { certificateFor } from '../../runtime-kit/test/test-certificate.js';
import { TestProxy } from '../../runtime-kit/test/test-proxy.js';
import { SandboxFixture, textOf } from './sandbox-fixture.js';

const MODULE = `
import https from 'node:https';
const told = (error) => (error.cause ?? error).code ?? (error.cause ?? error).message;
export async function by_fetch({ url }) {
  return fetch(url).then(async (answer) => answer.status + ' ' + (await answer.text()), told);
}
export async function by_https({ url }) {
  return new Promise((resolve) => {
    https.get(url, (answer) => answer.setEncoding('utf8').on('data', (text) => resolve(answer.statusCode + ' ' + text)))
      .on('error', (error) => resolve(told(error)));
  });
}
`;
const tools = ['by_fetch', 'by_https'].map((name) => ({ name, module: 'm.mjs' }));
const HOST = 'api.example.com';
const VARIABLES = [
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'http_proxy',
  'https_proxy',
  'no_proxy',
  'NODE_USE_ENV_PROXY',
];

/** What synthesis gives the pod of a toolset with egress: proxy variables, named in `environment`. */
describe('a tool with egress', () => {
  const certificate = certificateFor(HOST);
  const api = createServer(certificate, (request, response) => response.end(`hello ${request.headers.host}`));
  let sandbox: SandboxFixture;
  let proxy: TestProxy;

  beforeAll(async () => {
    await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', () => resolve()));
    proxy = await TestProxy.start({ [`${HOST}:443`]: `127.0.0.1:${(api.address() as AddressInfo).port}` });
    sandbox = await SandboxFixture.create();
    const authority = path.join(sandbox.root, 'ca.pem');
    await writeFile(authority, certificate.cert);
    for (const name of VARIABLES) sandbox.setVariable(name, /no_proxy/i.test(name) ? '.svc' : proxy.url);
    sandbox.setVariable('NODE_USE_ENV_PROXY', '1');
    sandbox.setVariable('NODE_EXTRA_CA_CERTS', authority);
    await sandbox.write(
      { modules: { 'm.mjs': MODULE }, tools },
      { environment: [...VARIABLES, 'NODE_EXTRA_CA_CERTS'], isolation: { network: true } },
    );
    expect(await sandbox.start()).toEqual({ ready: true, reasons: [] });
  });

  afterAll(async () => {
    await sandbox.close();
    await proxy.stop();
    api.closeAllConnections();
    await new Promise((resolve) => api.close(resolve));
  });

  const call = async (name: string, url: string): Promise<string> => {
    const client = await sandbox.connect();
    return textOf(await client.callTool({ name, arguments: { url } }));
  };

  it.each(['by_fetch', 'by_https'])('reaches a host through the proxy, without knowing of it: %s', async (name) => {
    proxy.seen.length = 0;
    expect(await call(name, `https://${HOST}/`)).toBe(`200 hello ${HOST}`);
    expect(proxy.seen).toMatchObject([{ method: 'CONNECT', target: `${HOST}:443` }]);
  });

  it.each(['by_fetch', 'by_https'])('gets an error of a host that the proxy refuses: %s', async (name) => {
    proxy.seen.length = 0;
    expect(await call(name, 'https://other.example.com/')).not.toMatch(/^\d/);
    expect(proxy.seen).toMatchObject([{ method: 'CONNECT', target: 'other.example.com:443' }]);
  });
});
