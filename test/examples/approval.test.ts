import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { LocalPlatform, type LocalGateway } from '@agentyard/cli';
import { synthesis } from '../apps/synthesis';
import { silenceWarnings } from '../constructs/silence-warnings';
import { RUNTIMES } from '../e2e/local-program';

silenceWarnings();

const ROOT = path.join(__dirname, '../..');
const COMMAND = path.join(ROOT, 'cli/dist/main.mjs');

/** What the command prints, and what it ends with. */
interface Ended {
  readonly code: number;
  readonly output: string;
  readonly errors: string;
}

/** The command as a user runs it. */
function agentyard(gateway: LocalGateway, key: string | undefined, ...args: string[]): Promise<Ended> {
  const env = { ...process.env, NODE_OPTIONS: '', AGENTYARD_API_KEY: key, AGENTYARD_GATEWAY: gateway.url };
  return new Promise((resolve) => {
    execFile(process.execPath, ['--', COMMAND, ...args], { env }, (error, output, errors) => {
      resolve({ code: Number(error?.code ?? 0), output, errors });
    });
  });
}

describe('examples/approval', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'approval-example-'));
  const [manifests, sessions] = [path.join(folder, 'manifests'), path.join(folder, 'sessions')];
  let platform: LocalPlatform | undefined;

  beforeAll(() => {
    mkdirSync(manifests);
    mkdirSync(sessions);
    const files = synthesis(path.join(ROOT, 'examples/approval/program.ts'));
    for (const [name, text] of Object.entries(files)) writeFileSync(path.join(manifests, name), text);
  });

  afterAll(async () => {
    await platform?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Starts all of it, with new keys. */
  async function start(): Promise<LocalGateway> {
    await platform?.stop();
    const quiet = { out: () => undefined, err: () => undefined, color: false };
    platform = await LocalPlatform.start({
      manifestsDirectory: manifests,
      runtimes: RUNTIMES,
      port: 0,
      terminal: quiet,
      mounts: { sessions },
    });
    return platform.gateways[0]!;
  }

  const idIn = (output: string) => /approvals approve clerk (\S+)/.exec(output)?.[1] ?? '';

  it('a refund waits, outlasts a restart, is approved by somebody else and made once', async () => {
    const before = await start();
    const asked = await agentyard(before, before.key, 'invoke', 'clerk', 'Please refund 1001.', '--session', 'case-7');
    expect(asked).toMatchObject({ code: 3, errors: '' });
    expect(asked.output).toContain('waits for approval: orders/refund {"order":"1001","amount":40}');
    const id = idIn(asked.output);
    expect(readdirSync(path.join(sessions, 'approval'))).toEqual([`${id}.json`]);

    const gateway = await start();
    const supervisor = gateway.keysByRole.get('supervisor');
    const early = await agentyard(gateway, gateway.key, 'invoke', 'clerk', '--resume', '--session', 'case-7');
    expect(early.code).toBe(1);
    expect(early.errors).toContain('approval-pending');
    const own = await agentyard(gateway, gateway.key, 'approvals', 'list', 'clerk');
    expect(own).toEqual({ code: 0, output: 'nothing waits for you\n', errors: '' });
    const clerk = await agentyard(gateway, gateway.keysByRole.get('clerk'), 'approvals', 'approve', 'clerk', id);
    expect(clerk.code).toBe(1);
    expect(clerk.errors).toContain('agent-unknown');

    const listed = await agentyard(gateway, supervisor, 'approvals', 'list', 'clerk');
    expect(listed.output).toContain(`${id}  clerk for local, since `);
    const approved = await agentyard(gateway, supervisor, 'approvals', 'approve', 'clerk', id);
    expect(approved).toMatchObject({ code: 0, errors: '' });
    expect(approved.output).toContain('approved by local-supervisor');

    const done = await agentyard(gateway, gateway.key, 'invoke', 'clerk', '--resume', '--session', 'case-7');
    expect(done).toMatchObject({ code: 0, errors: '' });
    expect(done.output).toContain('tool orders/refund {"order":"1001","amount":40} done');
    expect(done.output).toContain('I have tried: 40.00 EUR of order 1001 are on their way.');
    const again = await agentyard(gateway, gateway.key, 'invoke', 'clerk', '--resume', '--session', 'case-7');
    expect(again.errors).toContain('approval-unknown');
  });

  it('a refund that is denied is not made', async () => {
    const [gateway] = platform!.gateways;
    const asked = await agentyard(gateway!, gateway!.key, 'invoke', 'clerk', 'refund it', '--session', 'case-8');
    const supervisor = gateway!.keysByRole.get('supervisor');
    const id = idIn(asked.output);
    const denied = await agentyard(gateway!, supervisor, 'approvals', 'deny', 'clerk', id, '--reason', 'Paid already.');
    expect(denied.output).toContain('denied by local-supervisor');
    const done = await agentyard(gateway!, gateway!.key, 'invoke', 'clerk', '--resume', '--session', 'case-8');
    expect(done.output).toContain('tool orders/refund {"order":"1001","amount":40} failed');
    expect(done.output).toContain('I have tried: Paid already.');
  });
});
