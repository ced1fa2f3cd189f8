import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** The folder that a platform lives in, which nobody else can read: pods, logs and the host map. */
export class WorkDirectory {
  public readonly root: string;
  public readonly pods: string;
  public readonly logs: string;
  public readonly hostsFile: string;

  public constructor() {
    this.root = mkdtempSync(path.join(os.tmpdir(), 'agentyard-dev-'));
    this.pods = path.join(this.root, 'pods');
    this.logs = path.join(this.root, 'logs');
    this.hostsFile = path.join(this.root, 'hosts.json');
  }

  /** Removes it with all that it holds. */
  public remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
