import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';

/** A network namespace with an address of its own, as a pod has. */
export class Pod {
  private readonly processes: ChildProcess[] = [];

  public constructor(
    public readonly namespace: string,
    public readonly address: string,
    public readonly device: string,
  ) {}

  /** Starts a process inside; it is ended with the network. */
  public start(command: readonly string[], environment: NodeJS.ProcessEnv = {}): ChildProcess {
    const child = spawn('ip', ['netns', 'exec', this.namespace, ...command], {
      env: { PATH: process.env.PATH, ...environment },
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
    });
    this.processes.push(child);
    return child;
  }

  /** Runs a command inside to its end. */
  public run(...command: string[]): string {
    return execFileSync('ip', ['netns', 'exec', this.namespace, ...command], { encoding: 'utf8' });
  }

  /** Ends all processes of this pod, with what they started. */
  public end(): void {
    for (const { pid } of this.processes) {
      try {
        if (pid !== undefined) process.kill(-pid, 'SIGKILL');
      } catch {
        // It has ended by itself.
      }
    }
  }
}

/** Pods around a router, which enforces what NetworkPolicies would. */
export class Network {
  private readonly pods: Pod[] = [];
  private readonly router = `ay${process.pid}-net`;

  public constructor() {
    ip('netns', 'add', this.router);
    this.inRouter('sysctl', '-qw', 'net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1');
    ip('-n', this.router, 'link', 'set', 'lo', 'up');
    this.inRouter('nft', 'add table inet policies');
    this.inRouter('nft', 'add chain inet policies forward { type filter hook forward priority 0; policy drop; }');
    this.inRouter('nft', 'add rule inet policies forward ct state established,related accept');
  }

  /** Adds a pod; nothing may reach it yet, and it may reach nothing. */
  public addPod(name: string, nameserver?: string): Pod {
    const number = this.pods.length + 1;
    const namespace = `ay${process.pid}-${name}`;
    const device = `pod${number}`;
    const pod = new Pod(namespace, `10.77.${number}.2`, device);
    if (nameserver !== undefined) {
      mkdirSync(`/etc/netns/${namespace}`, { recursive: true });
      writeFileSync(`/etc/netns/${namespace}/resolv.conf`, `nameserver ${nameserver}\n`);
    }
    ip('netns', 'add', namespace);
    this.pods.push(pod);
    ip('link', 'add', device, 'netns', this.router, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', namespace);
    for (const [space, link, end] of [
      [this.router, device, 1],
      [namespace, 'eth0', 2],
    ] as const) {
      ip('-n', space, 'address', 'add', `10.77.${number}.${end}/24`, 'dev', link);
      ip('-n', space, 'address', 'add', `fd77:${number}::${end}/64`, 'dev', link, 'nodad');
      ip('-n', space, 'link', 'set', link, 'up');
    }
    ip('-n', namespace, 'link', 'set', 'lo', 'up');
    ip('-n', namespace, 'route', 'add', 'default', 'via', `10.77.${number}.1`);
    ip('-n', namespace, 'route', 'add', 'default', 'via', `fd77:${number}::1`);
    return pod;
  }

  /** Gives a pod more addresses, which the others reach through the router. */
  public addAddresses(pod: Pod, ...addresses: string[]): void {
    const number = this.pods.indexOf(pod) + 1;
    for (const address of addresses) {
      const six = address.includes(':');
      ip('-n', pod.namespace, 'address', 'add', `${address}/${six ? 128 : 32}`, 'dev', 'lo');
      ip('-n', this.router, 'route', 'add', address, 'via', six ? `fd77:${number}::2` : `10.77.${number}.2`);
    }
  }

  /** Lets one pod open connections to another, at ports or at all. */
  public allow(from: Pod, to: Pod, ...ports: number[]): void {
    const narrowed = ports.length > 0 ? `meta l4proto { tcp, udp } th dport { ${ports.join(', ')} }` : '';
    this.inRouter(
      'nft',
      `add rule inet policies forward iifname ${from.device} oifname ${to.device} ${narrowed} accept`,
    );
  }

  /** Ends all pods. */
  public remove(): void {
    for (const pod of this.pods) {
      pod.end();
      ip('netns', 'delete', pod.namespace);
      rmSync(`/etc/netns/${pod.namespace}`, { recursive: true, force: true });
    }
    ip('netns', 'delete', this.router);
  }

  private inRouter(...command: string[]): void {
    ip('netns', 'exec', this.router, ...command);
  }
}

function ip(...args: string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'pipe', 'pipe'] });
}
