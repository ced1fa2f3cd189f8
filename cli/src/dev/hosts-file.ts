import type { HostMap } from '@agentyard/runtime-kit';
import { replaceFile } from './mounted-files.js';

/** The host map that runtimes look Service names up in; replaced in one step, and only when it differs. */
export class HostsFile {
  private text = '';

  public constructor(public readonly path: string) {
    this.write({});
  }

  /** Replaces the map. */
  public write(hosts: HostMap): void {
    const text = JSON.stringify(hosts, undefined, 2);
    if (text === this.text) return;
    replaceFile(this.path, text, 0o600);
    this.text = text;
  }
}
