import { everyPolicy, isolating, type AppliedPolicy } from './applied-policies';
import { ANY_ADDRESS, anyPod } from './anyone';
import type { Network } from './network';
import type { Party } from './party';
import type { Path, PathKind } from './path';
import { matchPeers, type Direction, type PolicyRule } from './policy';
import type { Peer } from './peer';
import { spansOf, spanText, type PortSpan } from './port-span';
import { PROTOCOLS, type Protocol } from './protocol';
import type { ProxyRoutes } from './proxy-routes';

/** Ports at which DNS is served, to clients and by the pods behind them. */
const DNS_PORTS = [53, 5353];

/** Ports that are open, and why. */
interface OpenSpan extends PortSpan {
  readonly because: readonly string[];
}

/** All ways to or from a party. */
export class Paths {
  public constructor(
    private readonly network: Network,
    private readonly proxies: ProxyRoutes,
  ) {}

  /** Everything that a party may connect to. */
  public from(party: Party): Path[] {
    const direct = this.others('egress', party).flatMap((other) => this.between('egress', party, other));
    return sorted([...withAnyone(direct), ...this.throughProxies(party)]);
  }

  /** Everything that may connect to a party. */
  public to(party: Party): Path[] {
    return sorted(withAnyone(this.others('ingress', party).flatMap((other) => this.between('ingress', party, other))));
  }

  /** Parties among which are all others that policies let a party connect to, or be called by. */
  private others(direction: Direction, party: Party): Party[] {
    const policies = this.network.policiesAbout(party);
    const rules = everyPolicy(policies).flatMap(({ policy }) =>
      policy.rules.filter((rule) => rule.direction === direction && rule.action === 'allow'),
    );
    const found = new Map<string, Party>();
    const add = (parties: readonly Party[]) => parties.forEach((one) => found.set(one.title, one));
    const toAnyone = isolating(policies, direction).length === 0 || rules.some(({ peers }) => peers === undefined);
    if (toAnyone) add([...this.network.parties, ANY_ADDRESS, anyPod(this.network.clusterAddresses)]);
    else add(this.network.onNodes);
    for (const { peers = [] } of rules) peers.forEach((peer) => add(this.meantBy(peer)));
    return [...found.values()];
  }

  private meantBy(peer: Peer): Party[] {
    const lookup = peer.lookup();
    const workloads = lookup === undefined ? [] : this.network.candidates(lookup);
    const meant = workloads.filter((party) => peer.match(party) !== 'no');
    return [...meant, ...peer.standIns(this.network, meant)];
  }

  private between(direction: Direction, party: Party, other: Party): Path[] {
    const [from, to] = direction === 'egress' ? [party, other] : [other, party];
    if (!this.network.mayConnect(from, to)) return [];
    const spans = spansOf(to, [
      [this.network.policiesAbout(from), 'egress'],
      [this.network.policiesAbout(to), 'ingress'],
    ]);
    const open = PROTOCOLS.map((protocol) => this.openSpans(from, to, spans, protocol));
    const same = open.every((one) => JSON.stringify(one.map(spanText)) === JSON.stringify(open[0]?.map(spanText)));
    const named: [Protocol | 'any', OpenSpan[]][] = same
      ? [['any', open[0] ?? []]]
      : PROTOCOLS.map((protocol, i) => [protocol, open[i] ?? []]);
    return named.flatMap(([protocol, ports]) =>
      ports.map(({ first, last, because }): Path => {
        const path = { first, last };
        return {
          ...endOf(other),
          port: spanText(path),
          ports: path,
          protocol,
          via: 'direct',
          because,
          ...(direction === 'egress' ? this.egressFacts(from, to, path, protocol) : {}),
        };
      }),
    );
  }

  private openSpans(from: Party, to: Party, spans: readonly PortSpan[], protocol: Protocol): OpenSpan[] {
    const merged: { first: number; last: number; because: string[] }[] = [];
    for (const { first, last } of spans) {
      const connection = this.network.connect(from, to, first, protocol);
      if (!connection.allowed) continue;
      const previous = merged.at(-1);
      if (previous?.last !== first - 1) merged.push({ first, last, because: connection.because() });
      else {
        previous.last = last;
        previous.because = [...new Set([...previous.because, ...connection.because()])];
      }
    }
    return merged;
  }

  private egressFacts(from: Party, to: Party, span: PortSpan, protocol: Protocol | 'any'): Partial<Path> {
    if (this.proxies.leadsOn(to, span)) return { toProxy: true };
    const ports = DNS_PORTS.filter((port) => span.first <= port && port <= span.last);
    const isDns = to.workload === undefined ? kindOf(to) !== 'host' : span.first === span.last;
    if (ports.length === 0 || protocol === 'SCTP' || !isDns) return {};
    const applied = everyPolicy(this.network.policiesAbout(from));
    const limits = ports.map((port) => dnsNames(applied, to, port, protocol === 'any' ? 'UDP' : protocol));
    if (limits.includes(undefined)) return { dns: true };
    return { dns: true, dnsNames: [...new Set(limits.flatMap((names) => names ?? []))].sort() };
  }

  private throughProxies(party: Party): Path[] {
    const routes = this.proxies.all(party).filter(({ allowed }) => allowed);
    return routes.map(({ host, privateCidrs, because }): Path => {
      const ports = { first: host.port, last: host.port };
      const port = spanText(ports);
      const inside = privateCidrs.length === 0 ? {} : { privateCidrs };
      return { kind: 'host', peer: host.pattern.text, ...inside, port, ports, protocol: 'TCP', via: 'proxy', because };
    });
  }
}

/** The names that may be asked of DNS at a port; undefined if they are not limited. */
function dnsNames(applied: readonly AppliedPolicy[], to: Party, port: number, protocol: Protocol) {
  const rules = applied.flatMap(({ policy }) => policy.rules).filter((rule) => isOpenTo(rule, to));
  const matching = rules.flatMap(({ ports }) =>
    ports === undefined ? [undefined] : ports.filter((one) => one.match(to, port, protocol) !== 'no'),
  );
  const limited = matching.map((one) => one?.dnsNames);
  if (limited.length === 0 || limited.includes(undefined)) return undefined;
  return limited.flatMap((patterns) => (patterns ?? []).map(({ text }) => text));
}

function isOpenTo(rule: PolicyRule, to: Party): boolean {
  return rule.direction === 'egress' && rule.action === 'allow' && matchPeers(rule, to) !== 'no';
}

function endOf(party: Party): Pick<Path, 'kind' | 'peer' | 'workload' | 'pods' | 'entity'> {
  const { workload, pods, entity } = party;
  const end = { kind: kindOf(party), peer: party.title };
  if (workload !== undefined) return { ...end, workload };
  if (pods !== undefined) {
    return { ...end, pods: { namespace: pods.namespace, labels: Object.fromEntries(pods.labels.known) } };
  }
  return entity === undefined ? end : { ...end, entity };
}

function kindOf(party: Party): PathKind {
  if (party.workload !== undefined) return 'workload';
  if (party.pods !== undefined) return 'pods';
  if (party.entity !== undefined) return 'entity';
  return party.hostNames.length > 0 ? 'host' : 'addresses';
}

/** Says "anyone" of what is open to any pod and to any address alike. */
function withAnyone(paths: readonly Path[]): Path[] {
  const key = ({ port, protocol }: Path) => `${port} ${protocol}`;
  const toPods = new Set(paths.filter(({ peer }) => peer === 'any pod').map(key));
  const toBoth = new Set(paths.filter((path) => path.peer === ANY_ADDRESS.title && toPods.has(key(path))).map(key));
  return paths.flatMap((path): Path[] => {
    if (!toBoth.has(key(path)) || (path.peer !== 'any pod' && path.peer !== ANY_ADDRESS.title)) return [path];
    const { pods: _pods, ...rest } = path;
    return path.peer === 'any pod' ? [{ ...rest, kind: 'anyone', peer: 'anyone' }] : [];
  });
}

function sorted(paths: readonly Path[]): Path[] {
  const key = ({ peer, ports, protocol }: Path) => `${peer}\n${String(ports.first).padStart(5, '0')}\n${protocol}`;
  return [...paths].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}
