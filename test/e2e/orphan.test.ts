import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Chart } from 'cdk8s';
import { Auth, McpGateway } from 'agentyard';
import { LocalProgram } from './local-program';
import path from 'node:path';

const CLI = path.join(__dirname, '../../cli/bin/agentyard.mjs');

const runs = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
};

describe('agentyard dev that is killed and cannot clean up', () => {
  const program = new LocalProgram();
  afterAll(() => program.end());

  it('leaves no runtime behind', async () => {
    jest.spyOn(process.stderr, 'write').mockReturnValue(true);
    program.synth(
      (app) => new McpGateway(new Chart(app, 'chart', { namespace: 'front' }), 'gateway', { auth: Auth.none() }),
    );
    jest.restoreAllMocks();
    const env = { PATH: process.env.PATH, TMPDIR: program.manifests };
    const dev = spawn(process.execPath, ['--', CLI, 'dev', program.manifests, '--port', '0'], {
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    for await (const chunk of dev.stdout) {
      output += String(chunk);
      if (output.includes('is ready')) break;
    }
    const children = readFileSync(`/proc/${dev.pid}/task/${dev.pid}/children`, 'utf8').trim().split(' ').map(Number);
    expect(children).toHaveLength(1);
    const exited = once(dev, 'exit');
    dev.kill('SIGKILL');
    await exited;
    while (children.some(runs)) await sleep(50);
    expect(children.filter(runs)).toEqual([]);
  });
});
