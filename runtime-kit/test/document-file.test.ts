import { rm } from 'node:fs/promises';
import path from 'node:path';
import { ContractError, gatewayDocument, type GatewayDocument } from 'agentyard/contract';
import { DocumentFile } from '../src';
import { cleanUp, eventually, gatewayDocumentOf, replaceFile, temporaryDirectory } from './fixture';

afterEach(cleanUp);

async function documentFile(document: unknown) {
  const file = path.join(await temporaryDirectory(), 'gateway.json');
  const write = (value: unknown) => replaceFile(file, typeof value === 'string' ? value : JSON.stringify(value));
  await write(document);
  return { file, write, documentFile: new DocumentFile(gatewayDocument, undefined, { AGENTYARD_DOCUMENT: file }) };
}

async function faultsOf(document: unknown) {
  const { documentFile: file } = await documentFile(document);
  const error: unknown = await file.read().catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ContractError);
  return (error as ContractError).faults;
}

describe('DocumentFile', () => {
  it('reads the document that AGENTYARD_DOCUMENT names, with its defaults, frozen', async () => {
    const { documentFile: file } = await documentFile(gatewayDocumentOf());
    const document = await file.read();
    expect(document.maxBodyBytes).toBe(1_048_576);
    expect(Object.isFrozen(document.listen)).toBe(true);
  });

  it('is at its mount path when no variable names it, and at the overlay’s directory on a laptop', () => {
    expect(new DocumentFile(gatewayDocument, undefined, {}).path).toBe('/etc/agentyard/gateway.json');
    const overlay = {
      listen: { host: '127.0.0.1', port: 0 },
      mounts: { '/etc/agentyard': '/tmp/local' },
      hostsFile: '',
    };
    expect(new DocumentFile(gatewayDocument, overlay, {}).path).toBe('/tmp/local/gateway.json');
  });

  it('names every fault by its path', async () => {
    const faults = await faultsOf(
      gatewayDocumentOf({ name: 'Not A Label', listen: { port: 0, host: 'x' }, auth: undefined, extra: 1 }),
    );
    expect(faults.map(({ path: at }) => at).sort()).toEqual([
      '$.auth',
      '$.extra',
      '$.listen.host',
      '$.listen.port',
      '$.name',
    ]);
  });

  it('says of a newer document only that the runtime has to be upgraded', async () => {
    const faults = await faultsOf(gatewayDocumentOf({ version: 2, somethingNew: {} }));
    expect(faults).toEqual([
      { path: '$.version', message: expect.stringMatching(/version 2 .*upgrade the runtime image/) },
    ]);
  });

  it('refuses what is not JSON, and the document of another runtime', async () => {
    expect(await faultsOf('{"kind":')).toMatchObject([{ path: '$', message: expect.stringContaining('not JSON') }]);
    expect((await faultsOf(gatewayDocumentOf({ kind: 'Agent' }))).map(({ path: at }) => at)).toContain('$.kind');
  });

  it('fails with the file’s name when it is missing', async () => {
    const missing = new DocumentFile(gatewayDocument, undefined, { AGENTYARD_DOCUMENT: '/nonexistent/gateway.json' });
    await expect(missing.read()).rejects.toThrow('/nonexistent/gateway.json');
  });
});

describe('DocumentFile.watch', () => {
  async function watched() {
    const made = await documentFile(gatewayDocumentOf());
    await made.documentFile.read();
    const seen: GatewayDocument[] = [];
    const errors: Error[] = [];
    const stop = made.documentFile.watch(
      (document) => void seen.push(document),
      (error) => void errors.push(error),
      10,
    );
    return { ...made, seen, errors, stop };
  }

  it('passes each changed document on once', async () => {
    const { write, seen, errors, stop } = await watched();
    await write(gatewayDocumentOf({ maxBodyBytes: 1 }));
    await eventually(() => seen.length === 1);
    await write(gatewayDocumentOf({ maxBodyBytes: 2 }));
    await eventually(() => seen.length === 2);
    stop();
    expect(seen.map(({ maxBodyBytes }) => maxBodyBytes)).toEqual([1, 2]);
    expect(errors).toEqual([]);
  });

  it('reports a wrong document or a missing file once, and goes on', async () => {
    const { write, file, seen, errors, stop } = await watched();
    await write('{');
    await eventually(() => errors.length === 1);
    await rm(file);
    await eventually(() => errors.length === 2);
    await write(gatewayDocumentOf({ maxBodyBytes: 3 }));
    await eventually(() => seen.length === 1);
    stop();
    expect(errors.map(({ name }) => name)).toEqual(['ContractError', 'Error']);
  });

  it('reports what the receiver throws, and goes on', async () => {
    const { documentFile: file, write } = await documentFile(gatewayDocumentOf());
    await file.read();
    const errors: string[] = [];
    let calls = 0;
    const stop = file.watch(
      () => {
        calls += 1;
        throw new Error(`receiver failed ${calls}`);
      },
      (error) => void errors.push(error.message),
      10,
    );
    await write(gatewayDocumentOf({ maxBodyBytes: 1 }));
    await eventually(() => errors.length === 1);
    await write(gatewayDocumentOf({ maxBodyBytes: 2 }));
    await eventually(() => errors.length === 2);
    stop();
    expect(errors).toEqual(['receiver failed 1', 'receiver failed 2']);
  });
});
