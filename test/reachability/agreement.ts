import { Platform, type KubernetesObject, type Path, type Workload } from 'agentyard/reachability';
import { fitsLabels, isSubdomain } from './host-name';
import type { Protocol } from './packet';
import {
  distinct,
  INGRESS,
  ISTIO,
  LINKERD,
  POSTGRES,
  PROMETHEUS,
  synthesized,
  type ProgramAndPolicies,
} from './random-program';
import { SecondReading, type Place } from './second-reading';

const PODS: readonly Place[] = [
  { namespace: 'kube-system', labels: { 'k8s-app': 'kube-dns' } },
  { namespace: 'openshift-dns', labels: { 'dns.operator.openshift.io/daemonset-dns': 'default' } },
  ...[POSTGRES, PROMETHEUS, INGRESS, ISTIO, LINKERD].map(({ namespace, podLabels: labels }) => ({ namespace, labels })),
  { namespace: 'clients', labels: { app: 'cli' } },
  { namespace: 'agents', labels: { app: 'stranger' } },
];
const ADDRESSES = ['10.0.0.1', '10.1.2.3', '10.9.9.9', '10.77.1.1', '169.254.20.10'].concat(
  ['8.8.8.8', '198.51.100.7', '203.0.113.9', '203.0.113.200'],
  ['2001:db8::1', '2600::1'],
);
const HOSTS = ['api.anthropic.com', 'bedrock-runtime.eu-west-1.amazonaws.com', 'example.com', 'api.example.com'].concat(
  ['files.example.org', 'x.example.com', 'y.x.example.com', 'x.api.example.com', 'evil.test', 'API.Example.com'],
);
const API_SERVER = 'kubernetes.default.svc';
const ASKED = ['api.example.com', 'x.example.com', 'evil.test'];
const PORTS = [53, 80, 443, 3128, 5353, 5432, 5433, 6443, 8000, 8080, 8443, 9464, 15012];
const BOTH: readonly Protocol[] = ['TCP', 'UDP'];

/** What two readings of the same objects make of them. */
export class Agreement {
  /** About a program and what stands beside it. */
  public static about({ program, policies }: ProgramAndPolicies): Agreement {
    return new Agreement([...synthesized(program), ...distinct(policies)]);
  }

  private readonly platform: Platform;
  private readonly second: SecondReading;
  private readonly services: readonly string[];
  /** Whether policies deny anything, or pass it on, instead of only allowing. */
  private readonly denies: boolean;

  /** @param others what the second reading is given */
  public constructor(
    private readonly objects: readonly KubernetesObject[],
    others: readonly KubernetesObject[] = objects,
  ) {
    this.platform = Platform.fromObjects(objects);
    this.second = new SecondReading(others);
    this.denies = /"(Deny|Pass)"|"(in|e)gressDeny"/.test(JSON.stringify(objects));
    this.services = this.ofKind('Service').map(
      ({ metadata }) => `${metadata?.name as string}.${metadata?.namespace as string}.svc`,
    );
  }

  /** What the first reading says may be open, for all that manifests tell, and the second finds to be open in no case. */
  public readonly overcautious: string[] = [];

  /**
   * Everything else that they do not agree about.
   *
   * @param share one of how many connections is asked about
   * @param offset which ones
   */
  public disputes(share: number, offset: number): string[] {
    return [
      ...this.disputedConnections(share, offset),
      ...this.disputedNames(),
      ...this.disputedPaths(),
      ...this.disputedApiServer(),
    ];
  }

  private disputedConnections(share: number, offset: number): string[] {
    const found: string[] = [];
    let count = offset;
    for (const [from, to] of this.pairs()) {
      for (const [port, protocol] of this.ports()) {
        count += 1;
        if (count % share !== 0) continue;
        const { allowed, because } = this.platform.canReach(this.end(from), this.end(to), port, protocol);
        if (allowed === this.second.mayConnect(from, to, port, protocol)) continue;
        const dispute = `${title(from)} -> ${title(to)} ${protocol} ${port}: ${allowed}, since ${because.join('; ')}`;
        if (allowed && this.isUnsure(because)) this.overcautious.push(dispute);
        else found.push(dispute);
      }
    }
    return found;
  }

  /** The names that one reading lets be asked of DNS and the other does not. */
  private disputedNames(): string[] {
    const others = [...PODS, ...ADDRESSES];
    // Pods of the program count as DNS servers only where exactly a port of DNS is opened.
    const all = [...others, ...this.platform.workloads.map(({ title: one }) => one)];
    const found: string[] = [];
    for (const from of this.platform.workloads) {
      for (const name of ASKED) {
        const { allowed, dns } = this.platform.canReach(from, name, 4444);
        if (allowed) continue;
        const dispute = `${from.title} asks for ${name}: ${dns?.join('; ') ?? 'false'}`;
        if (dns === undefined && this.second.mayAsk(from.title, others, name)) found.push(dispute);
        if (dns === undefined || this.second.mayAsk(from.title, all, name)) continue;
        if (this.denies || this.isAboutOthers()) this.overcautious.push(dispute);
        else found.push(dispute);
      }
    }
    return found;
  }

  /** The API server's Service has port 443; its endpoints have that or 6443. */
  private disputedApiServer(): string[] {
    return this.platform.workloads.flatMap((from) => {
      const { allowed, because } = this.platform.canReach(from, API_SERVER, 443);
      if (allowed === [443, 6443].some((port) => this.second.mayConnect(from.title, API_SERVER, port, 'TCP')))
        return [];
      const dispute = `${from.title} -> the API server: ${allowed}, since ${because.join('; ')}`;
      if (!allowed || !this.isUnsure(because)) return [dispute];
      this.overcautious.push(dispute);
      return [];
    });
  }

  /** Paths that lead nowhere by the second reading, and connections that it allows and that no path tells of. */
  private disputedPaths(): string[] {
    return this.platform.workloads.flatMap((from) => {
      const paths = this.platform.reachable(from);
      // Pods that are not of the program may be any: those of a path need not be among those that are asked about.
      const sure = paths.filter(({ kind, because }) => kind !== 'pods' && !this.isUnsure(because));
      return [
        ...sure
          .filter((path) => !this.leadsSomewhere(from, path))
          .map(({ kind, peer, protocol, port }) => `${from.title} has no ${kind} ${peer} ${protocol} ${port}`),
        ...this.connectionsWithout(paths, from),
      ];
    });
  }

  private connectionsWithout(paths: readonly Path[], from: Workload): string[] {
    return this.targets().flatMap((to) =>
      this.ports()
        .filter(([port, protocol]) => this.second.mayConnect(from.title, to, port, protocol))
        .filter(([port, protocol]) => !paths.some((path) => covers(path, to, port, protocol)))
        .map(([port, protocol]) => `no path from ${from.title} to ${title(to)} ${protocol} ${port}`),
    );
  }

  private leadsSomewhere(from: Workload, path: Path): boolean {
    const places = this.placesOf(path);
    const protocols = path.protocol === 'any' ? BOTH : [path.protocol];
    return protocols.every((protocol) =>
      [path.ports.first, path.ports.last].every((port) =>
        places.some((place) => this.second.mayConnect(from.title, place, port, protocol)),
      ),
    );
  }

  /** Ends that a path leads to, some at least. */
  private placesOf({ kind, peer, workload }: Path): readonly Place[] {
    if (workload !== undefined) return [workload.title];
    if (kind === 'host') return [peer.replace(/^\*{1,2}\./, 'any.'), peer.replace('*.*.', 'any.any.')];
    const [block = ''] = peer.split(' ');
    if (kind === 'addresses' && block.includes('/')) return this.second.addressesIn(block);
    const all = ['0.0.0.0/0', '::/0'].flatMap((every) => this.second.addressesIn(every));
    return [...all, ...PODS, API_SERVER];
  }

  /** A workload with every other, and with each end that is not of the program, in both directions. */
  private *pairs(): Generator<[Place, Place]> {
    for (const { title: one } of this.platform.workloads) {
      for (const other of this.platform.workloads) yield [one, other.title];
      for (const other of [...PODS, ...ADDRESSES])
        yield* [
          [one, other],
          [other, one],
        ] as [Place, Place][];
      for (const name of [...HOSTS, ...this.services]) yield [one, name];
    }
  }

  private targets(): Place[] {
    return [...this.platform.workloads.map((one) => one.title), ...HOSTS, ...ADDRESSES];
  }

  /** Ports that the program may have to do with, and some that it has not. */
  private ports(): [number, Protocol][] {
    const ofServices = this.ofKind('Service').flatMap(({ spec }) => (spec as { ports: { port: number }[] }).ports);
    const numbers = [...new Set([...PORTS, ...ofServices.map(({ port }) => port)])];
    return numbers.flatMap((port) =>
      [53, 5353, 5433].includes(port) ? BOTH.map((one): [number, Protocol] => [port, one]) : [[port, 'TCP']],
    );
  }

  /**
   * Whether manifests leave it open if rules apply. The first reading takes the more open case of each: a rule may allow
   * something at one address, while it is only denied at all others. Where nothing is denied that makes no difference.
   */
  private isUnsure(because: readonly string[]): boolean {
    return this.denies && because.some((reason) => reason.includes(' may allow '));
  }

  /** Whether policies are about pods that are not of the program, of which reachable() does not know all labels. */
  private isAboutOthers(): boolean {
    const own = new Set<unknown>(this.platform.workloads.map(({ namespace }) => namespace));
    return this.objects.some(
      ({ kind = '', metadata }) => kind.endsWith('NetworkPolicy') && !own.has(metadata?.namespace),
    );
  }

  private end(place: Place) {
    return this.platform.workloads.find((one) => one.title === place) ?? place;
  }

  private ofKind(kind: string): KubernetesObject[] {
    return this.objects.filter((object) => object.kind === kind);
  }
}

function covers(path: Path, to: Place, port: number, protocol: Protocol): boolean {
  if (port < path.ports.first || port > path.ports.last) return false;
  if (path.protocol !== 'any' && path.protocol !== protocol) return false;
  if (typeof to !== 'string' || path.workload !== undefined) return path.workload?.title === to;
  const isWorkload = to.includes('/');
  // How blocks and entities are called is not taken apart: where one is open at the port, it may be what is meant.
  if (path.kind !== 'host') return !isWorkload || path.kind === 'anyone';
  const name = to.toLowerCase();
  return fitsLabels(name, path.peer) || isSubdomain(name, path.peer);
}

function title(place: Place): string {
  return typeof place === 'string' ? place : `pods ${JSON.stringify(place)}`;
}
