import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { DocumentFile } from '@agentyard/runtime-kit';
import { egressProxyDocument, parseDocument } from 'agentyard/contract';
import { goldenDocument } from '../../test/contract/golden';
import { documentToStartFrom } from '../src/starting-document';
import { WorkDirectory } from '../src/work-directory';

const GOOD = JSON.stringify(goldenDocument('egress-proxy'));

describe('the document that a supervisor starts from', () => {
  let folder: string;
  let mounted: DocumentFile<typeof egressProxyDocument>;
  let work: WorkDirectory;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'agentyard-proxy-'));
    const file = path.join(folder, 'egress-proxy.json');
    mounted = new DocumentFile(egressProxyDocument, undefined, { AGENTYARD_DOCUMENT: file });
    work = new WorkDirectory({ AGENTYARD_WORK_DIRECTORY: folder });
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('is the mounted one, if that is right', async () => {
    await writeFile(mounted.path, GOOD);
    await work.keep(parseDocument(egressProxyDocument, GOOD));
    expect(await documentToStartFrom(mounted, work)).toEqual({ path: mounted.path });
  });

  it('is the last good one, if the mounted one is wrong', async () => {
    await writeFile(mounted.path, '{');
    await work.keep(parseDocument(egressProxyDocument, GOOD));
    const { path: from, refused } = await documentToStartFrom(mounted, work);
    expect(from).toBe(work.lastGood);
    expect(refused?.message).toMatch(/not JSON/);
  });

  it('is the mounted one, to be refused, where nothing else can be read', async () => {
    await writeFile(mounted.path, '{');
    expect(await documentToStartFrom(mounted, work)).toEqual({ path: mounted.path });
    await writeFile(work.lastGood, JSON.stringify({ ...goldenDocument('egress-proxy'), version: 0 }));
    expect(await documentToStartFrom(mounted, work)).toEqual({ path: mounted.path });
  });

  it('stands in a folder whose path squid.conf can hold', () => {
    expect(() => new WorkDirectory({ AGENTYARD_WORK_DIRECTORY: '/tmp/a b' })).toThrow(/without spaces/);
    expect(new WorkDirectory({}).path).toBe('/run/agentyard');
  });
});
