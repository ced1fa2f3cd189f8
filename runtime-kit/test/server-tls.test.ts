import { mkdir, rename, symlink, writeFile } from 'node:fs/promises';
import { connect as tcpConnect } from 'node:net';
import path from 'node:path';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { Health, HttpServer, sendJson, ServerTls } from '../src';
import { cleanUp, eventually, keptLog, onCleanUp, temporaryDirectory, type LogLine } from './fixture';
import { certificateFor, certificateUntil, type TestCertificate } from './test-certificate';

afterEach(cleanUp);

/** A directory as the kubelet makes one of a Secret: files are links through `..data`, which is swapped at once. */
async function mountedSecret(files: Readonly<Record<string, string>>) {
  const directory = await temporaryDirectory();
  let version = 0;
  const swap = async (next: Readonly<Record<string, string>>) => {
    const data = `..v${(version += 1)}`;
    await mkdir(path.join(directory, data));
    for (const [name, text] of Object.entries(next)) await writeFile(path.join(directory, data, name), text);
    await symlink(data, path.join(directory, '..new'));
    await rename(path.join(directory, '..new'), path.join(directory, '..data'));
  };
  await swap(files);
  for (const name of Object.keys(files)) await symlink(path.join('..data', name), path.join(directory, name));
  return { directory, swap };
}

const secretOf = ({ cert, key }: TestCertificate) => ({ 'tls.crt': cert, 'tls.key': key });

async function startTlsServer(
  pair: TestCertificate,
  clients?: { readonly authority: TestCertificate; readonly required: boolean },
) {
  const secret = await mountedSecret({ ...secretOf(pair), ...(clients && { 'ca.crt': clients.authority.cert }) });
  const file = (name: string) => path.join(secret.directory, name);
  const { log, lines } = keptLog();
  let refusals = 0;
  const tls = await ServerTls.open(
    {
      certificateFile: file('tls.crt'),
      keyFile: file('tls.key'),
      ...(clients && { clients: { caFile: file('ca.crt'), required: clients.required } }),
    },
    { overlay: undefined, log, pollMs: 20, onRefusal: () => (refusals += 1) },
  );
  const server = new HttpServer({
    host: '127.0.0.1',
    port: 0,
    tls,
    health: new Health(),
    log,
    routes: { '/x': { GET: (_request, response) => sendJson(response, 200, { ok: true }) } },
  });
  const port = await server.listen();
  onCleanUp(async () => {
    tls.close();
    await server.close(0);
  });
  return { port, lines, swap: secret.swap, refusals: () => refusals };
}

/** Sends a request on a connection of its own. @returns answer, and the certificate that was shown */
async function ask(port: number, options: ConnectionOptions = {}, target = '/x') {
  return new Promise<{ text: string; fingerprint: string | undefined }>((resolve, reject) => {
    const socket: TLSSocket = connect(
      { port, host: '127.0.0.1', servername: 'gateway.test', rejectUnauthorized: false, ...options },
      () => socket.write(`GET ${target} HTTP/1.1\r\nhost: gateway.test\r\nconnection: close\r\n\r\n`),
    );
    let text = '';
    let fingerprint: string | undefined;
    socket.on('secureConnect', () => (fingerprint = socket.getPeerX509Certificate()?.fingerprint256));
    socket.setEncoding('utf8').on('data', (piece: string) => (text += piece));
    socket.on('error', reject);
    socket.on('close', () => resolve({ text, fingerprint }));
  });
}

const lineOf = (lines: readonly LogLine[], event: string) =>
  eventually(() => lines.find((line) => line.event === event));

describe('ServerTls', () => {
  it('serves the new certificate to connections that are made after the swap, and ends no other', async () => {
    const [first, second] = [certificateFor('gateway.test'), certificateFor('gateway.test')];
    const { port, swap, lines } = await startTlsServer(first);
    const held = connect({ port, host: '127.0.0.1', servername: 'gateway.test', ca: first.cert });
    await new Promise((resolve) => held.once('secureConnect', resolve));
    const before = await ask(port, { ca: first.cert, rejectUnauthorized: true });
    expect(before.text).toContain('200 OK');
    await swap(secretOf(second));
    await eventually(async () => (await ask(port)).fingerprint !== before.fingerprint);
    expect((await ask(port, { ca: second.cert, rejectUnauthorized: true })).text).toContain('200 OK');
    expect(lines.find(({ event }) => event === 'tls-reloaded')).toBeDefined();
    held.write('GET /x HTTP/1.1\r\nhost: gateway.test\r\nconnection: close\r\n\r\n');
    expect(await new Promise((resolve) => held.once('data', (data: Buffer) => resolve(data.toString())))).toContain(
      '200',
    );
  });

  it.each([
    ['a key of another certificate', { ...certificateFor('a'), key: certificateFor('a').key }, /not that of the cert/],
    ['no certificate', { cert: 'nothing', key: certificateFor('a').key }, /no certificate in PEM/],
    ['half a certificate', { ...certificateFor('a'), cert: certificateFor('a').cert.slice(0, 200) }, /no certificate/],
    ['no key', { ...certificateFor('a'), key: 'nothing' }, /no private key in PEM/],
    ['a certificate that has ended', certificateUntil('20210101000000Z', 'a'), /has ended at 2021-01-01/],
  ])('refuses %s: once in the log, and the old one stays', async (_case, broken, reason) => {
    const good = certificateFor('gateway.test');
    const { port, swap, lines, refusals } = await startTlsServer(good);
    await swap(secretOf(broken));
    const line = await lineOf(lines, 'tls-refused');
    expect(line).toMatchObject({ level: 'error', subject: 'TLS of the port', reason: expect.stringMatching(reason) });
    expect((await ask(port, { ca: good.cert, rejectUnauthorized: true })).text).toContain('200 OK');
    expect(JSON.stringify(lines)).not.toContain('PRIVATE KEY');
    await swap(secretOf(certificateFor('gateway.test')));
    await lineOf(lines, 'tls-reloaded');
    expect([lines.filter(({ event }) => event === 'tls-refused').length, refusals()]).toEqual([1, 1]);
  });

  it('does not start with files that are missing or wrong, and says which', async () => {
    const { log } = keptLog();
    const directory = await temporaryDirectory();
    const files = { certificateFile: path.join(directory, 'tls.crt'), keyFile: path.join(directory, 'tls.key') };
    const open = () => ServerTls.open(files, { overlay: undefined, log });
    await expect(open()).rejects.toThrow(/TLS of the port: .*tls\.(crt|key) cannot be read \(ENOENT\)/);
    await writeFile(files.certificateFile, certificateFor('a').cert);
    await writeFile(files.keyFile, certificateFor('b').key);
    await expect(open()).rejects.toThrow('the private key is not that of the certificate');
  });

  it('speaks TLS 1.2 and 1.3, and nothing older', async () => {
    const { port } = await startTlsServer(certificateFor('gateway.test'));
    expect((await ask(port, { maxVersion: 'TLSv1.2' })).text).toContain('200 OK');
    expect((await ask(port, { minVersion: 'TLSv1.3' })).text).toContain('200 OK');
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' } as const;
    await expect(ask(port, old)).rejects.toThrow();
  });

  it('goes on after a client that speaks plain HTTP, or nonsense', async () => {
    const { port } = await startTlsServer(certificateFor('gateway.test'));
    for (const text of ['GET /x HTTP/1.1\r\nhost: x\r\n\r\n', '\x16\x03\x01nonsense']) {
      const socket = tcpConnect(port, '127.0.0.1', () => socket.write(text));
      await new Promise((resolve) =>
        socket
          .on('error', () => undefined)
          .on('close', resolve)
          .resume(),
      );
    }
    expect((await ask(port)).text).toContain('200 OK');
  });

  describe('client certificates', () => {
    const [authority, stranger] = [certificateFor('client.test'), certificateFor('client.test')];

    it('are required where the document says so, but of probes', async () => {
      const { port } = await startTlsServer(certificateFor('gateway.test'), { authority, required: true });
      const without = await ask(port);
      expect(without.text).toContain('403 Forbidden');
      expect(without.text).toContain('"certificate-refused"');
      expect((await ask(port, {}, '/healthz')).text).toContain('200 OK');
      expect((await ask(port, {}, '/readyz')).text).toContain('200 OK');
      expect((await ask(port, { ...authority })).text).toContain('200 OK');
    });

    it.each([true, false])('must be right when they are shown (required: %s)', async (required) => {
      const { port } = await startTlsServer(certificateFor('gateway.test'), { authority, required });
      for (const target of ['/x', '/y']) {
        const { text } = await ask(port, { ...stranger }, target);
        expect(text).toContain('403 Forbidden');
        expect(text).toContain('"certificate-refused"');
      }
      expect((await ask(port, { ...authority })).text).toContain('200 OK');
      if (!required) expect((await ask(port)).text).toContain('200 OK');
    });

    it('count by the new authorities after a swap', async () => {
      const pair = certificateFor('gateway.test');
      const { port, swap, lines } = await startTlsServer(pair, { authority, required: true });
      await swap({ ...secretOf(pair), 'ca.crt': stranger.cert });
      await lineOf(lines, 'tls-reloaded');
      expect((await ask(port, { ...stranger })).text).toContain('200 OK');
      expect((await ask(port, { ...authority })).text).toContain('403 Forbidden');
    });
  });
});
