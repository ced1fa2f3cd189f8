import type { ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { linesOf, type Line } from './lines';
import type { Pod } from './network';
import { until } from './until';

/** The DNS of the laboratory: dnsmasq, which knows the names of a file and no others. */
export class Zone {
  private readonly server: ChildProcess;
  private readonly records: Record<string, readonly string[]> = {};
  private readonly hosts: string;
  private readonly lines: readonly Line[];

  public constructor(pod: Pod, address: string, folder: string, options: readonly string[]) {
    this.hosts = path.join(folder, 'hosts');
    writeFileSync(this.hosts, '');
    const listen = [`--listen-address=${address}`, '--bind-interfaces', '--local=/#/', '--no-resolv', '--no-hosts'];
    this.server = pod.start([
      'dnsmasq',
      '--keep-in-foreground',
      '--user=root',
      '--pid-file=',
      '--local-ttl=1',
      '--log-facility=-',
      `--addn-hosts=${this.hosts}`,
      ...listen,
      ...options,
    ]);
    this.lines = linesOf(this.server);
  }

  /** Waits until the server knows what a signal asks of it. */
  public async ready(): Promise<void> {
    await until(() => this.lines.some(({ text }) => String(text).includes('started')));
  }

  /** From now on a name has these addresses. */
  public set(name: string, ...addresses: string[]): void {
    this.records[name] = addresses;
    const lines = Object.entries(this.records).flatMap(([host, all]) => all.map((address) => `${address} ${host}`));
    writeFileSync(this.hosts, `${lines.join('\n')}\n`);
    // `ip netns exec` has become dnsmasq, so this is its process.
    this.server.kill('SIGHUP');
  }
}
