import { request } from 'node:https';
import { certificateFor } from '../../runtime-kit/test/test-certificate';
import { cleanUp, documentOf, logLine, startTestGateway, type TestGatewayOptions } from './fixture';

afterEach(cleanUp);

const [own, client] = [certificateFor('gateway.test'), certificateFor('client.test')];
const FILES = { 'tls/tls.crt': own.cert, 'tls/tls.key': own.key, 'tls/ca.crt': client.cert };
const TLS = { certificateFile: '/etc/agentyard/tls/tls.crt', keyFile: '/etc/agentyard/tls/tls.key' };

const start = (document: Partial<TestGatewayOptions['document']>, files: Readonly<Record<string, string>> = FILES) =>
  startTestGateway({ document: documentOf({ hosts: ['gateway.test'], ...document }), files, cluster: true });

/** @returns status and code of the problem, if there is one */
async function ping(url: string, options: { cert?: string; key?: string } = {}): Promise<[number, unknown]> {
  const { port } = new URL(url);
  return new Promise((resolve, reject) => {
    const target = { host: '127.0.0.1', port, servername: 'gateway.test', ca: own.cert, path: '/mcp', method: 'POST' };
    const headers = { host: 'gateway.test', 'content-type': 'application/json' };
    const sent = request({ ...target, headers, agent: false, ...options }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (piece: string) => (text += piece));
      answer.on('end', () => resolve([answer.statusCode ?? 0, (JSON.parse(text) as { code?: string }).code]));
    });
    sent.on('error', reject).end('{"jsonrpc":"2.0","id":1,"method":"ping"}');
  });
}

describe('a gateway with TLS of its own', () => {
  it('serves by its document, and not in plain HTTP', async () => {
    const gateway = await start({ tls: TLS });
    expect(gateway.url).toMatch(/^https:/);
    expect(await ping(gateway.url)).toEqual([200, undefined]);
    await expect(fetch(gateway.url.replace('https', 'http'))).rejects.toThrow();
  });

  it('asks clients for certificates', async () => {
    const clients = { caFile: '/etc/agentyard/tls/ca.crt', required: true };
    const gateway = await start({ tls: { ...TLS, clients } });
    expect(await ping(gateway.url)).toEqual([403, 'certificate-refused']);
    expect(await ping(gateway.url, client)).toEqual([200, undefined]);
    expect(await ping(gateway.url, certificateFor('client.test'))).toEqual([403, 'certificate-refused']);
  });

  it('does not start with files that are wrong', async () => {
    await expect(start({ tls: TLS }, { ...FILES, 'tls/tls.key': client.key })).rejects.toThrow(
      'TLS of the port: the private key is not that of the certificate',
    );
  });

  it('says that another `tls` needs a restart', async () => {
    const gateway = await start({ tls: TLS });
    await gateway.writeDocument(documentOf({ hosts: ['gateway.test'] }));
    expect(await logLine(gateway, 'restart-needed')).toMatchObject({ level: 'warn' });
    expect(await ping(gateway.url)).toEqual([200, undefined]);
  });
});
