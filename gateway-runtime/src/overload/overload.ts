import type { StoreAccess } from '@agentyard/runtime-kit';
import type { GatewayDocument, LoadLimits } from 'agentyard/contract';
import type { ServiceAddress } from '../balance/endpoint-resolver.js';
import type { Open } from '../document-resources.js';
import { Capacity, PodCount, type ResolvePods } from './capacity.js';
import { Gate } from './gate.js';
import type { LoadCounts } from './load-counts.js';
import { LocalRates } from './local-rates.js';
import { Ledger, Quotas } from './quotas.js';
import { RateLimiter } from './rate-limiter.js';
import { ValkeyCounts } from './store/valkey-counts.js';
import type { RefusalCode } from './refusal.js';

/** What load is told by, and to whom. */
export interface LoadSources extends StoreAccess {
  readonly resolve: ResolvePods;
  readonly counts: LoadCounts;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
  /** Milliseconds since the epoch. */
  readonly today: () => number;
}

/** A callee of a document, as far as its load is concerned. */
interface Callee {
  readonly kind: 'agent' | 'toolset' | 'server';
  readonly name: string;
  /** Absent: it is behind one name. */
  readonly service: ServiceAddress | undefined;
  readonly limits: LoadLimits;
}

/** The gates before the callees of one document. */
export class Overload {
  /** Gates are kept while their limits stay: what is in flight counts on after a reload. */
  public static async open(document: GatewayDocument, sources: LoadSources, open: Open): Promise<Overload> {
    const replicas = new PodCount(document.peers, sources.resolve, sources.now);
    const gates = new Map<string, Gate>();
    for (const callee of calleesOf(document)) {
      const { kind, name, service, limits } = callee;
      const key = ['gate', kind, name, service, limits, document.peers];
      gates.set(keyOf(kind, name), await open(key, () => gateOf(callee, replicas, sources)));
    }
    const { store, rateLimits, quotas, namespace, name } = document;
    const prefix = `agentyard:${namespace}/${name}:`;
    const counts = store && (await open(['shared-counts', store], () => ValkeyCounts.open(store, prefix, sources)));
    const local = await open(['local-rates'], () => new LocalRates(sources.now));
    const ledger = await open(['ledger', store], () => new Ledger(counts, sources.log));
    return new Overload(
      gates,
      new RateLimiter(rateLimits, local, counts, sources.log),
      new Quotas(quotas, ledger, sources.today),
    );
  }

  /** The same gates, found without a key that is made for it. */
  private readonly byKind = {
    agent: new Map<string, Gate>(),
    toolset: new Map<string, Gate>(),
    server: new Map<string, Gate>(),
  };

  /** Made when it is first asked for: each request of another replica needs it. */
  private ofOthers: Overload | undefined;

  private constructor(
    /** By `agent/<name>`, `toolset/<name>` and `server/<name>`. */
    public readonly gates: ReadonlyMap<string, Gate>,
    public readonly rates: Pick<RateLimiter, 'take'>,
    public readonly quotas: Quotas,
  ) {
    for (const [key, gate] of gates) {
      const [kind = '', name = ''] = key.split('/');
      this.byKind[kind as Callee['kind']].set(name, gate);
    }
  }

  /** The gate before an agent, toolset or MCP server of the document. */
  public readonly gate = (kind: Callee['kind'], name: string): Gate => {
    const gate = this.byKind[kind].get(name);
    if (gate === undefined) throw new Error(`the document has no ${kind} "${name}"`);
    return gate;
  };

  /** The same for requests that another replica has counted. */
  public counted(): Overload {
    return (this.ofOthers ??= new Overload(this.gates, { take: () => undefined }, this.quotas));
  }

  /** Requests that wait. */
  public get queued(): number {
    return [...this.gates.values()].reduce((sum, gate) => sum + gate.queued, 0);
  }
}

function keyOf(kind: Callee['kind'], name: string): string {
  return `${kind}/${name}`;
}

function calleesOf({ agents, toolsets, mcpServers }: GatewayDocument): Callee[] {
  const own = (kind: 'agent' | 'toolset') => (each: ServiceAddress & Pick<Callee, 'name' | 'limits'>) => {
    const { name, host, port, limits } = each;
    return { kind, name, service: { host, port }, limits };
  };
  const servers = mcpServers.map(({ name, endpoint, limits }) => {
    const service =
      endpoint.by === 'pods' ? { host: endpoint.host, port: endpoint.port, tls: endpoint.tls } : undefined;
    return { kind: 'server' as const, name, service, limits };
  });
  return [...agents.map(own('agent')), ...toolsets.map(own('toolset')), ...servers];
}

function gateOf({ kind, name, service, limits }: Callee, replicas: PodCount, sources: LoadSources): Gate {
  const { resolve, counts, log, now } = sources;
  const capacity = new Capacity(limits.maxConcurrency, new PodCount(service, resolve, now), replicas);
  const events = {
    refused: (code: RefusalCode) => counts.refused(code),
    retried: () => counts.retried(),
    circuit: (state: Gate['circuit']) => {
      const fields = { event: 'circuit', [kind]: name, state };
      if (state === 'open') log.warn(fields, 'a callee fails too often and is left alone for a while');
      else
        log.info(fields, state === 'closed' ? 'a callee answers again' : 'it is tried whether a callee answers again');
    },
  };
  return new Gate(limits, capacity, events, now);
}
