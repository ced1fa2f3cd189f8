import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';

/** A network namespace with addresses of its own, as a pod has. */
export class PodSandbox {
  private readonly processes: ChildProcess[] = [];

  public constructor(
    private readonly netns: string,
    /** One of each family. */
    public readonly addresses: readonly string[],
  ) {}

  /** Starts a program inside, with nothing in its environment but the PATH. */
  public start(command: readonly string[]): ChildProcess {
    const child = spawn('ip', ['netns', 'exec', this.netns, ...command], {
      env: { PATH: process.env.PATH },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    this.processes.push(child);
    return child;
  }

  /** Puts a packet filter in the place of the one before, at once. */
  public filter(ruleset: string): void {
    execFileSync('ip', ['netns', 'exec', this.netns, 'nft', '-f', '-'], { input: `flush ruleset\n${ruleset}` });
  }

  /** Ends what runs inside. `ip netns exec` becomes the program, so it is the process that is known. */
  public end(): void {
    for (const child of this.processes) child.kill('SIGKILL');
  }

  public remove(): void {
    this.end();
    ip('netns', 'delete', this.netns);
    rmSync(`/etc/netns/${this.netns}`, { recursive: true, force: true });
  }
}

/** Network namespaces around one switch. */
export class PodNetwork {
  private readonly sandboxes: PodSandbox[] = [];
  private readonly hub = `doctor-${process.pid}`;

  public constructor() {
    ip('netns', 'add', this.hub);
    ip('-n', this.hub, 'link', 'add', 'hub', 'type', 'bridge');
    ip('-n', this.hub, 'link', 'set', 'hub', 'up');
  }

  /** Adds a pod, which asks the nameserver for names. */
  public add(nameserver?: string): PodSandbox {
    const number = this.sandboxes.length + 1;
    const netns = `${this.hub}-${number}`;
    const addresses = [`10.88.0.${number}`, `fd88::${number.toString(16)}`] as const;
    if (nameserver !== undefined) {
      mkdirSync(`/etc/netns/${netns}`, { recursive: true });
      writeFileSync(`/etc/netns/${netns}/resolv.conf`, `nameserver ${nameserver}\n`);
    }
    ip('netns', 'add', netns);
    const sandbox = new PodSandbox(netns, addresses);
    this.sandboxes.push(sandbox);
    const port = `pod${number}`;
    ip('link', 'add', port, 'netns', this.hub, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', netns);
    ip('-n', this.hub, 'link', 'set', port, 'master', 'hub', 'up');
    ip('-n', netns, 'address', 'add', `${addresses[0]}/24`, 'dev', 'eth0');
    ip('-n', netns, 'address', 'add', `${addresses[1]}/64`, 'dev', 'eth0', 'nodad');
    for (const link of ['lo', 'eth0']) ip('-n', netns, 'link', 'set', link, 'up');
    return sandbox;
  }

  public remove(): void {
    for (const sandbox of this.sandboxes) sandbox.remove();
    ip('netns', 'delete', this.hub);
  }
}

function ip(...args: string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'inherit'] });
}
