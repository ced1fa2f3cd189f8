import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import type { TLSSocket } from 'node:tls';
import { UpstreamTls } from '../src';
import { cleanUp, eventually, keptLog, onCleanUp, replaceFile, temporaryDirectory } from './fixture';
import { certificateFor } from './test-certificate';

afterEach(cleanUp);

const [server, client, other] = [certificateFor('localhost'), certificateFor('gateway'), certificateFor('localhost')];

/** An upstream that says whether it was shown a certificate that it trusts. */
async function startUpstream(): Promise<string> {
  const upstream = createServer({ ...server, ca: [client.cert], requestCert: true, rejectUnauthorized: false });
  upstream.on('request', (request, response) => response.end(String((request.socket as TLSSocket).authorized)));
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
  onCleanUp(async () => {
    upstream.closeAllConnections();
    await new Promise((resolve) => upstream.close(resolve));
  });
  return `https://localhost:${(upstream.address() as AddressInfo).port}`;
}

async function openTls(files: Readonly<Record<string, string>>) {
  const directory = await temporaryDirectory();
  const write = (name: string, text: string) => replaceFile(path.join(directory, name), text);
  for (const [name, text] of Object.entries(files)) await write(name, text);
  const { log, lines } = keptLog();
  const named = (name: string) => (name in files ? path.join(directory, name) : undefined);
  let refusals = 0;
  const tls = await UpstreamTls.open(
    'the server "x"',
    { caFile: named('ca.crt'), clientCertificateFile: named('tls.crt'), clientKeyFile: named('tls.key') },
    { overlay: undefined, log, pollMs: 20, onRefusal: () => (refusals += 1) },
  );
  onCleanUp(() => tls.close());
  return { tls, write, lines, refusals: () => refusals };
}

async function ask({ dispatcher }: UpstreamTls, origin: string): Promise<string> {
  const { body } = await dispatcher.request({ origin, path: '/', method: 'GET' });
  return body.text();
}

const CLIENT = { 'tls.crt': client.cert, 'tls.key': client.key };

describe('UpstreamTls', () => {
  it('trusts the given authorities in place of the public ones, and shows the given certificate', async () => {
    const origin = await startUpstream();
    const { tls } = await openTls({ 'ca.crt': server.cert, ...CLIENT });
    expect(await ask(tls, origin)).toBe('true');
    expect(await ask((await openTls({ 'ca.crt': server.cert })).tls, origin)).toBe('false');
    await expect(ask((await openTls(CLIENT)).tls, origin)).rejects.toThrow(/self-signed certificate/);
    await expect(ask((await openTls({ 'ca.crt': other.cert })).tls, origin)).rejects.toThrow(/certificate/);
  });

  it('refuses a host name that the certificate is not for', async () => {
    const origin = await startUpstream();
    const { tls } = await openTls({ 'ca.crt': server.cert });
    await expect(ask(tls, origin.replace('localhost', '127.0.0.1'))).rejects.toThrow(/IP|altnames/);
  });

  it('takes new files for the next request, while those that have begun end', async () => {
    const origin = await startUpstream();
    const { tls, write } = await openTls({ 'ca.crt': server.cert });
    const begun = ask(tls, origin);
    await write('ca.crt', other.cert);
    expect(await begun).toBe('false');
    await eventually(async () =>
      ask(tls, origin).then(
        () => false,
        () => true,
      ),
    );
    await write('ca.crt', server.cert);
    expect(await eventually(async () => ask(tls, origin).catch(() => undefined))).toBe('false');
  });

  it('keeps the old files while new ones are wrong, and says so once', async () => {
    const origin = await startUpstream();
    const { tls, write, lines, refusals } = await openTls({ 'ca.crt': server.cert, ...CLIENT });
    await write('tls.key', other.key);
    const line = await eventually(() => lines.find(({ event }) => event === 'tls-refused'));
    expect(line).toMatchObject({
      subject: 'TLS towards the server "x"',
      reason: 'the private key is not that of the certificate',
    });
    expect([await ask(tls, origin), refusals()]).toEqual(['true', 1]);
  });

  it('does not open with files that are wrong', async () => {
    await expect(openTls({ 'ca.crt': 'nothing' })).rejects.toThrow(
      'TLS towards the server "x": the file of authorities has no certificate in PEM',
    );
  });
});
