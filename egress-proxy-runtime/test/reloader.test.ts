import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { createLogger } from '@agentyard/runtime-kit';
import { egressProxyDocument, parseDocument, type EgressProxyDocument } from 'agentyard/contract';
import { goldenDocument } from '../../test/contract/golden';
import { Reloader } from '../src/reloader';
import { WorkDirectory } from '../src/work-directory';

const HOST = { name: 'api.example.com', port: 443 };
/** The port that the stand-in for Squid refuses. */
const REFUSED = 13_013;

function documentWith(...ports: number[]): EgressProxyDocument {
  const allowLists = ports.map((port) => ({ port, hosts: [HOST] }));
  const reload = { replicas: 1, slotMs: 200, drainMs: 1 };
  return parseDocument(egressProxyDocument, JSON.stringify({ ...goldenDocument('egress-proxy'), allowLists, reload }));
}

/** Stands in for Squid where only the order of steps matters; test/real has the real one. */
describe('a reload', () => {
  let folder: string;
  let steps: string[];
  let lines: Record<string, unknown>[];
  let serves: (conf: string) => boolean;
  let work: WorkDirectory;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'agentyard-reload-'));
    work = new WorkDirectory({ AGENTYARD_WORK_DIRECTORY: folder });
    steps = [];
    lines = [];
    serves = () => true;
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const ports = async (): Promise<string> =>
    [...(await readFile(work.conf, 'utf8')).matchAll(/^http_port (\d+)/gm)].map(([, port]) => port).join(' ');

  function reloaderOf(document: EgressProxyDocument): Reloader {
    const step = (name: string) => async () => void steps.push(`${name} ${await ports()}`);
    const squid = {
      start: () => void step('start')(),
      stop: step('stop'),
      reconfigure: () => void step('reconfigure')(),
    };
    const log = createLogger(
      { component: 'egress-proxy', name: 'proxy', namespace: 'test' },
      { write: (text: string) => void lines.push(JSON.parse(text) as Record<string, unknown>) },
    );
    const files = { certificate: 'c', accessLog: 'a', serverNameCommand: ['n'] };
    const check = async (file: string): Promise<void> => {
      if ((await readFile(file, 'utf8')).includes(`http_port ${REFUSED} `)) throw new Error('FATAL: bungled');
    };
    const waitUntilServing = async () => serves(await ports());
    return new Reloader({ squid, work, files, log, index: 0, check, waitUntilServing }, document);
  }

  const settled = async (reloader: Reloader): Promise<void> => {
    while (reloader.isReloading || reloader.isWorking) await new Promise((resolve) => setTimeout(resolve, 5));
  };

  it('gives Squid the new file, and keeps the document as the last good one', async () => {
    const reloader = reloaderOf(documentWith(10_001));
    await reloader.start();
    reloader.take(documentWith(10_001, 10_002));
    await settled(reloader);
    expect(steps).toEqual(['start 10001', 'reconfigure 10001 10002']);
    reloader.take(documentWith(10_002));
    await settled(reloader);
    expect(steps.slice(2)).toEqual(['stop 10002', 'start 10002']);
    expect(await work.kept()).toEqual(documentWith(10_002));
  });

  it('does nothing to Squid with a document that it refuses', async () => {
    const reloader = reloaderOf(documentWith(10_001));
    await reloader.start();
    reloader.take(documentWith(10_001, REFUSED));
    await settled(reloader);
    expect(steps).toEqual(['start 10001']);
    expect(lines).toMatchObject([{ level: 'error', event: 'document-refused' }]);
    expect(await work.kept()).toEqual(documentWith(10_001));
    await expect(reloaderOf(documentWith(REFUSED)).start()).rejects.toThrow(/FATAL: bungled/);
  });

  it('goes back to the last good document when Squid does not serve with the new one', async () => {
    serves = (conf) => conf !== '10002';
    const reloader = reloaderOf(documentWith(10_001));
    await reloader.start();
    reloader.take(documentWith(10_002));
    await settled(reloader);
    expect(steps).toEqual(['start 10001', 'stop 10002', 'start 10002', 'stop 10001', 'start 10001']);
    expect(reloader.running).toEqual(documentWith(10_001));
    expect(await work.kept()).toEqual(documentWith(10_001));
    expect(lines.at(-1)).toMatchObject({ event: 'document-refused' });
  });

  it('skips a document that another has overtaken while it waited for its turn', async () => {
    const reloader = reloaderOf(documentWith(10_001));
    await reloader.start();
    reloader.take(documentWith(10_001, 10_002));
    reloader.take(documentWith(10_001, 10_003));
    await settled(reloader);
    expect(steps).toEqual(['start 10001', 'reconfigure 10001 10003']);
  });

  it('does not begin when the end has come', async () => {
    const reloader = reloaderOf(documentWith(10_001));
    await reloader.start();
    reloader.take(documentWith(10_001, 10_002));
    await reloader.stop();
    expect(steps).toEqual(['start 10001']);
  });
});
