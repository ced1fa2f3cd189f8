import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { cleanUp, temporaryDirectory } from '../../runtime-kit/test/test-resources';

const MAIN = path.join(__dirname, '../dist/main.mjs');

const TRUST = {
  kind: 'Trust',
  version: 1,
  name: 'shop-trust',
  namespace: 'front',
  bundles: [{ namespace: 'agents', configMap: 'shop-trust-bundle' }],
  gateways: [],
  rotation: { everyMs: 86_400_000, leadMs: 1_800_000, keepMs: 3_600_000 },
};

afterEach(cleanUp);

/** The process of the image, until it ends. */
async function run(args: readonly string[], document: unknown = TRUST, more: NodeJS.ProcessEnv = {}) {
  const file = path.join(await temporaryDirectory(), 'trust.json');
  await writeFile(file, JSON.stringify(document));
  const env = { PATH: process.env.PATH, AGENTYARD_DOCUMENT: file, ...more };
  const child = spawn(process.execPath, [MAIN, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const [output, errors, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  const lines = (output + errors).trim().split('\n');
  return { code: code as number, lines: lines.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

describe('the process of the identity runtime', () => {
  it.each([[[]], [['nothing']]])('refuses to do what it does not know: %j', async (args) => {
    const { code, lines } = await run(args);
    expect(code).toBe(78);
    expect(lines).toMatchObject([
      { level: 'fatal', event: 'refused', message: expect.stringContaining('name the job') },
    ]);
  });

  it.each(['trust', 'realm'])('%s: refuses a document that is none, with each fault', async (job) => {
    const { code, lines } = await run([job], { ...TRUST, kind: 'Other', surprise: 1 });
    expect(code).toBe(78);
    expect(lines.map(({ component, level }) => [component, level])).toEqual(lines.map(() => [job, 'fatal']));
    expect(lines.map((line) => line.path)).toEqual(expect.arrayContaining(['$.kind', '$.surprise']));
  });

  it('trust: says that it is in no pod', async () => {
    const { code, lines } = await run(['trust']);
    expect(code).toBe(1);
    expect(lines).toMatchObject([
      { level: 'error', component: 'trust', name: 'shop-trust', reason: expect.stringContaining('runs in a pod') },
      { event: 'ended', done: false },
    ]);
  });

  it('trust: refuses the overlay of local processes in a pod', async () => {
    const { code, lines } = await run(['trust'], TRUST, { KUBERNETES_SERVICE_HOST: '10.0.0.1', AGENTYARD_LOCAL: '/x' });
    expect(code).toBe(78);
    expect(lines).toMatchObject([{ message: expect.stringContaining('refused inside Kubernetes') }]);
  });
});
