import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { EgressProxyDocumentInput } from 'agentyard/contract';
import { installPackages } from '../debian-packages';
import { linesOf, type Line } from './lines';
import { Network, type Pod } from './network';
import { Proxy, type Program } from './proxy';
import { until } from './until';
import { Workload } from './workload';
import { Zone } from './zone';

const ROOT = path.join(__dirname, '../../..');
const NAMESERVER = '203.0.113.53';

/** Addresses of servers on the Internet. Each name has one. */
export const PUBLIC = { api: '203.0.113.10', other: '203.0.113.11', six: '2001:db8::10' } as const;

/** Addresses of servers that only a declared name may lead to. */
export const PRIVATE = {
  rfc1918: '10.9.9.9',
  shared: '100.64.0.9',
  linkLocal: '169.254.10.9',
  ula: 'fd99::9',
  nat64: '64:ff9b::a09:909',
} as const;

type List = EgressProxyDocumentInput['allowLists'][number];

/** A document with short turns. */
export function proxyDocument(
  allowLists: List[],
  more: Partial<EgressProxyDocumentInput> = {},
): EgressProxyDocumentInput {
  return {
    kind: 'EgressProxy',
    version: 1,
    name: 'egress-proxy',
    namespace: 'platform',
    listen: { port: 8080 },
    allowLists,
    reload: { replicas: 1, slotMs: 1_000, drainMs: 100 },
    shutdown: { graceMs: 60_000 },
    ...more,
  };
}

/** A cluster's network around the proxy, and the Internet: network namespaces, dnsmasq, and servers of Node.js. */
export class Laboratory {
  public readonly folder: string;
  public readonly network: Network;
  public readonly zone: Zone;
  /** What servers on the Internet and the private ones have seen. */
  public readonly seen: Line[];
  /** Reaches everything, as the kubelet does. */
  public readonly observer: Workload;
  private readonly internet: Pod;
  private readonly program: Program;
  private readonly proxies: Proxy[] = [];

  private constructor() {
    this.folder = mkdtempSync(path.join(tmpdir(), 'agentyard-egress-'));
    chmodSync(this.folder, 0o755);
    this.program = this.installProgram();
    this.network = new Network();
    this.internet = this.network.addPod('internet');
    this.network.addAddresses(this.internet, NAMESERVER, ...Object.values(PUBLIC), ...Object.values(PRIVATE));
    this.zone = new Zone(this.internet, NAMESERVER, this.folder, [
      // Who owns an address says what its name is.
      `--ptr-record=11.113.0.203.in-addr.arpa,api.example.com`,
    ]);
    const server = [process.execPath, path.join(__dirname, 'internet-process.mjs'), this.certificate(), NAMESERVER];
    this.seen = linesOf(this.internet.start(server));
    this.observer = new Workload(this.network.addPod('observer'));
  }

  /** Installs what is missing, and builds the laboratory. */
  public static async open(): Promise<Laboratory> {
    if (process.getuid?.() !== 0) throw new Error('network namespaces need root; run the tests as root');
    installPackages('squid-openssl', 'dnsmasq-base', 'nftables', 'iproute2', 'openssl', 'util-linux');
    execFileSync(process.execPath, [path.join(ROOT, 'scripts/build-runtimes.mjs')], { stdio: 'pipe' });
    const laboratory = new Laboratory();
    try {
      await laboratory.zone.ready();
      await until(() => laboratory.seen.find(({ event }) => event === 'ready'));
      return laboratory;
    } catch (error) {
      await laboratory.close();
      throw error;
    }
  }

  /** Adds a workload that may reach nothing yet. */
  public addWorkload(name: string): Workload {
    return new Workload(this.network.addPod(name));
  }

  /**
   * Adds a pod for a proxy. It may reach the Internet and what is private, since it is Squid that is tested; or of them
   * these ports alone.
   */
  public addProxyPod(name: string, ...ports: number[]): Pod {
    const pod = this.network.addPod(name, NAMESERVER);
    this.network.allow(pod, this.internet, ...ports);
    this.network.allow(this.observer.pod, pod);
    return pod;
  }

  /** Adds a replica of the proxy. */
  public addProxy(name: string, index = 0, ...ports: number[]): Proxy {
    const proxy = new Proxy(this.addProxyPod(name, ...ports), index, this.folder, this.program, this.observer);
    this.proxies.push(proxy);
    return proxy;
  }

  /** How often servers at an address were connected to. */
  public connectionsAt(address: string): number {
    return this.seen.filter(({ event, at }) => event === 'connection' && at === address).length;
  }

  public async close(): Promise<void> {
    for (const proxy of this.proxies) await proxy.end();
    this.network.remove();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** The proxy runs as a user who may not look into the folder of this checkout. */
  private installProgram(): Program {
    const node = path.join(this.folder, 'node');
    copyFileSync(process.execPath, node);
    chmodSync(node, 0o755);
    const bundles = path.join(this.folder, 'bundles');
    cpSync(path.join(ROOT, 'egress-proxy-runtime/dist'), bundles, { recursive: true });
    return { node, bundle: path.join(bundles, 'main.mjs') };
  }

  private certificate(): string {
    const file = path.join(this.folder, 'server.pem');
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', file];
    execFileSync('openssl', ['req', '-x509', ...key, '-subj', '/CN=real server', '-days', '2', '-out', `${file}.crt`], {
      stdio: 'pipe',
    });
    execFileSync('sh', ['-c', 'cat "$1.crt" >>"$1"', 'sh', file]);
    return file;
  }
}
