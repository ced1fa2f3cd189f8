import { PRIVATE_IPV4, PRIVATE_IPV6 } from 'agentyard/contract';
import type { Path, Workload } from 'agentyard/reachability';
import { FOREIGN_SERVER, RUNTIME_LABEL } from '../dev/runtimes.js';
import type { Evaluated } from '../evaluated/evaluated.js';
import { credentialNotes } from './credential-notes.js';
import type { DrawnEdge, DrawnNode, Drawing, NodeKind } from './drawing.js';
import { coversAnyone, isWide } from './openness.js';
import { portText } from './port-text.js';
import { modelText, Reasons } from './reasons.js';

/** What may be left out of a drawing. */
export type Omission = 'dns' | 'metrics';

export interface DrawOptions {
  /** Draw only what this workload is connected to. */
  readonly only?: Workload;
  readonly without: ReadonlySet<Omission>;
}

const KINDS: readonly NodeKind[] = [
  ...(['anyone', 'pods', 'addresses', 'entity', 'gateway', 'agent', 'workload'] as const),
  ...(['sandbox', 'egress-proxy', 'host'] as const),
];

const PUBLIC_IPV4 = `0.0.0.0/0 except ${PRIVATE_IPV4.join(', ')}`;
const PUBLIC_IPV6 = `::/0 except ${PRIVATE_IPV6.join(', ')}`;

/** Ends of a connection that a workload has, told apart by what they are and by their side. */
interface Line {
  readonly from: string;
  readonly to: string;
  readonly paths: readonly Path[];
}

/** Draws who may talk to whom. */
export function draw(evaluated: Evaluated, options: DrawOptions): Drawing {
  return new Draughtsman(evaluated, options).drawing();
}

class Draughtsman {
  private readonly reasons: Reasons;
  private readonly nodes = new Map<string, DrawnNode>();
  private readonly edges: DrawnEdge[] = [];

  public constructor(
    private readonly evaluated: Evaluated,
    private readonly options: DrawOptions,
  ) {
    this.reasons = new Reasons(evaluated);
  }

  public drawing(): Drawing {
    const workloads = withoutFirstRuns(this.evaluated.platform.workloads);
    for (const workload of workloads) this.addWorkload(workload);
    for (const workload of workloads) {
      this.addOutgoing(workload);
      this.addIncoming(workload);
    }
    const only = this.options.only?.title;
    const edges = this.edges.filter(({ from, to }) => only === undefined || from === only || to === only);
    const shown = new Set([...edges.flatMap(({ from, to }) => [from, to]), ...(only === undefined ? [] : [only])]);
    const nodes = [...this.nodes.values()].filter(
      ({ id, namespace }) => shown.has(id) || (only === undefined && namespace !== undefined),
    );
    return { nodes: nodes.sort(byKind), edges: edges.sort(byEnds) };
  }

  private addWorkload(workload: Workload): void {
    const told = this.evaluated.documentOf(workload);
    const isOpenGateway = told?.runtime === 'gateway' && told.document.auth.mode === 'none';
    this.nodes.set(workload.title, {
      id: workload.title,
      kind: told?.runtime ?? 'workload',
      name: workload.name,
      namespace: workload.namespace,
      notes: [
        ...this.facts(workload),
        ...this.exitNote(workload),
        ...this.dnsNote(workload),
        ...this.metricsNote(workload),
      ],
      warnings: [
        ...(isOpenGateway ? ['no authentication'] : []),
        ...(workload.pods.hostNetwork ? ['on the network of its node'] : []),
      ],
    });
  }

  private facts(workload: Workload): string[] {
    const told = this.evaluated.documentOf(workload);
    switch (told?.runtime) {
      case 'gateway':
        return credentialNotes(told.document);
      case 'agent':
        return [modelText(told.document.model)];
      case 'sandbox':
        return [counted(told.document.tools.length, 'tool')];
      case 'egress-proxy':
        return [counted(new Set(told.document.allowLists.flatMap(({ hosts }) => hosts.map(hostKey))).size, 'host')];
      case undefined:
        return [workload.labels[RUNTIME_LABEL] === FOREIGN_SERVER ? 'MCP server' : workload.kind];
    }
  }

  /** Where a proxy goes by address: its lists decide by name, so that this is no way of its own. */
  private exitNote(workload: Workload): string[] {
    const paths = this.evaluated.platform.reachable(workload).filter((path) => this.isExit(workload, path));
    const ends = [...new Set(paths.map((path) => shortPeer(path)))];
    return ends.map((end) => `out to ${end}: ${portText(paths.filter((path) => shortPeer(path) === end))}`);
  }

  private isExit(workload: Workload, { kind, dns }: Path): boolean {
    return kind === 'addresses' && dns !== true && this.evaluated.documentOf(workload)?.runtime === 'egress-proxy';
  }

  private dnsNote(workload: Workload): string[] {
    if (this.options.without.has('dns')) return [];
    const paths = this.evaluated.platform.reachable(workload).filter((path) => isDns(path));
    if (paths.length === 0) return [];
    if (paths.some(({ dnsNames }) => dnsNames === undefined)) return ['DNS: any name'];
    return [`DNS: ${counted(new Set(paths.flatMap(({ dnsNames }) => dnsNames ?? [])).size, 'name')}`];
  }

  private metricsNote(workload: Workload): string[] {
    if (this.options.without.has('metrics')) return [];
    const callers = this.evaluated.platform.callers(workload).filter((path) => this.isMetrics(path, workload));
    return callers.length === 0 ? [] : [`metrics: ${[...new Set(callers.map(shortPeer))].join(', ')}`];
  }

  private isMetrics({ ports, workload: caller, ...path }: Path, workload: Workload): boolean {
    const port = this.evaluated.documentOf(workload)?.document.listen.metricsPort;
    const isOwn = ports.first === port && ports.last === port;
    return isOwn && caller === undefined && !isWide({ ports, ...path });
  }

  private addOutgoing(workload: Workload): void {
    const all = this.evaluated.platform.reachable(workload);
    const paths = all.filter(
      (path) => !isDns(path) && !this.isExit(workload, path) && !this.isImplied(workload, path, all),
    );
    for (const { from, to, paths: same } of lines(paths, (path) => [workload.title, this.end(path, 'to')])) {
      const [path] = same as [Path];
      const needs =
        path.workload === undefined
          ? this.reasons.toHost(workload, path.peer)
          : this.reasons.between(workload, path.workload);
      this.addEdge({ from, to, paths: same }, needs, {
        wideOpen: isWide(path),
        quiet: same.every(({ toProxy }) => toProxy === true),
      });
    }
  }

  private addIncoming(workload: Workload): void {
    const paths = this.evaluated.platform
      .callers(workload)
      .filter((path) => path.workload === undefined && !this.isMetrics(path, workload));
    for (const { from, to, paths: same } of lines(paths, (path) => [this.end(path, 'from'), workload.title])) {
      this.addEdge({ from, to, paths: same }, [], { wideOpen: isWide(same[0] as Path), quiet: false });
    }
  }

  /** Whether a path to another workload is there only because both are open to anybody, which is drawn once. */
  private isImplied(from: Workload, path: Path, all: readonly Path[]): boolean {
    const to = path.workload;
    if (to === undefined || this.reasons.between(from, to).length > 0) return false;
    if ((from.pods.hostNetwork || to.pods.hostNetwork) && path.port === 'all') return true;
    const isOpen = (paths: readonly Path[]) => paths.some((other) => coversAnyone(other, path));
    return isOpen(all) && isOpen(this.evaluated.platform.callers(to));
  }

  private addEdge(line: Line, needs: readonly string[], look: Pick<DrawnEdge, 'wideOpen' | 'quiet'>): void {
    const because = [...new Set(line.paths.flatMap((path) => path.because))];
    const via = line.paths.every((path) => path.via === 'proxy') ? 'proxy' : 'direct';
    const ends = [line.from, line.to].flatMap((id) => this.nodes.get(id)?.namespace ?? []);
    const reasons = needs.length > 0 || look.quiet ? needs : policiesOf(because, ends);
    this.edges.push({ from: line.from, to: line.to, ports: portText(line.paths), via, reasons, because, ...look });
  }

  /** The node at the other end of a path; the same pods may stand on both sides. */
  private end(path: Path, side: 'from' | 'to'): string {
    if (path.workload !== undefined) return path.workload.title;
    const id = `${side} ${path.peer}`;
    const [name, ...notes] = nameOf(path);
    const warnings = isWide(path) ? ['not limited'] : [];
    this.nodes.set(id, { id, kind: path.kind, name, notes, warnings });
    return id;
  }
}

/** A Job that runs what a CronJob runs, at once, is the same to whoever looks at it. */
function withoutFirstRuns(workloads: readonly Workload[]): readonly Workload[] {
  const identityOf = ({ namespace, labels }: Workload) => JSON.stringify([namespace, labels]);
  const recurring = new Set(workloads.filter(({ kind }) => kind === 'CronJob').map(identityOf));
  return workloads.filter((workload) => workload.kind !== 'Job' || !recurring.has(identityOf(workload)));
}

function isDns({ dns, workload, ...path }: Path): boolean {
  return dns === true && workload === undefined && !isWide(path);
}

function lines(paths: readonly Path[], ends: (path: Path) => readonly [from: string, to: string]): Line[] {
  const found = new Map<string, { from: string; to: string; paths: Path[] }>();
  for (const path of paths) {
    const [from, to] = ends(path);
    const key = `${from}\n${to}\n${path.via}`;
    const line = found.get(key) ?? { from, to, paths: [] };
    line.paths.push(path);
    found.set(key, line);
  }
  return [...found.values()];
}

/** How a peer is called on a drawing, where room is scarce: its name, and what else is said of it. */
function nameOf(path: Path): [name: string, ...notes: string[]] {
  const { kind, pods } = path;
  const text = shortPeer(path);
  const namespace = ` in namespace ${pods?.namespace}`;
  return kind === 'pods' && text.endsWith(namespace) ? [text.slice(0, -namespace.length), namespace.trim()] : [text];
}

function shortPeer({ peer, kind, entity }: Path): string {
  if (entity !== undefined) return entity;
  if (kind !== 'addresses') return peer.replace(/^(pods|endpoints) /, '').replace(/app\.kubernetes\.io\/name=/, '');
  const [block = '', except] = peer.split(' except ');
  if (except === undefined) return peer;
  if (peer === PUBLIC_IPV4) return 'public IPv4 addresses';
  if (peer === PUBLIC_IPV6) return 'public IPv6 addresses';
  const count = except.split(', ').length;
  return `${block} except ${count === 1 ? except : `${count} blocks`}`;
}

/** The policies that reasons name; those in the namespace of an end without it. */
function policiesOf(because: readonly string[], namespaces: readonly string[]): string[] {
  const titles = because.flatMap((text) => {
    const [, kind, title = ''] = /^(\w+) (\S+) (?:may allow|allows) it: /.exec(text) ?? [];
    if (kind === undefined) return [];
    const own = namespaces.find((namespace) => title.startsWith(`${namespace}/`));
    return [`${kind} ${own === undefined ? title : title.slice(own.length + 1)}`];
  });
  const open = because.some((text) => text.startsWith('no policy limits')) ? ['no policy limits it'] : [];
  return [...new Set(titles.length > 0 && open.length === 0 ? titles : [...open, ...titles])];
}

function hostKey({ name, port }: { readonly name: string; readonly port: number }): string {
  return `${name}:${port}`;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function byKind(a: DrawnNode, b: DrawnNode): number {
  const rank = ({ kind }: DrawnNode) => KINDS.indexOf(kind);
  return rank(a) - rank(b) || compare(`${a.namespace ?? ''} ${a.id}`, `${b.namespace ?? ''} ${b.id}`);
}

function byEnds(a: DrawnEdge, b: DrawnEdge): number {
  return compare(`${a.from}\n${a.to}\n${a.via}`, `${b.from}\n${b.to}\n${b.via}`);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
