import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runCommand } from '../../cli/test/fixtures/run-command';
import type { Cluster } from './control-plane';
import { kubectlFolder } from './kubectl';

/** How a person brings manifests into a cluster: by running what `agentyard prune` prints, as it is. */
export class Delivery {
  /** Folder for manifests, which is removed at the end. */
  public readonly folder = mkdtempSync(path.join(tmpdir(), 'delivery-'));
  private readonly kubectl = kubectlFolder();

  public constructor(private readonly cluster: Cluster) {}

  /** An empty folder for the manifests of an app. */
  public outdir(app: string): string {
    return mkdtempSync(path.join(this.folder, `${app}-`));
  }

  /** What `agentyard prune` prints for a folder. */
  public async commands(outdir: string, ...flags: readonly string[]): Promise<string> {
    const { code, output, errors } = await runCommand('prune', outdir, ...flags);
    expect([code, errors]).toEqual([0, '']);
    return output;
  }

  /** Runs commands in a shell. @returns their exit code */
  public async run(script: string): Promise<number> {
    const env = {
      PATH: `${this.kubectl}:${process.env.PATH}`,
      HOME: this.folder,
      KUBECONFIG: this.cluster.kubeconfig,
    };
    const child = spawn('sh', ['-ec', script], { env, stdio: ['ignore', 'ignore', 'inherit'] });
    const [code] = (await once(child, 'close')) as [number];
    return code;
  }

  /** Runs what is printed for a folder, which has to succeed. */
  public async apply(outdir: string, ...flags: readonly string[]): Promise<void> {
    expect(await this.run(await this.commands(outdir, ...flags))).toBe(0);
  }

  public close(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
