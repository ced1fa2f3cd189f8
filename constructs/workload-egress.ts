import type { ApiObject } from 'cdk8s';
import { JsonPatch, Lazy } from 'cdk8s';
import type { Construct } from 'constructs';
import { reportFault } from '../lib/errors/deferred';
import { SynthError } from '../lib/errors/synth-error';
import type { EgressIntent, EgressPolicy, PolicyEngine } from '../lib/network/egress/egress-engine';
import type { AllowList } from '../lib/network/egress/allow-list';
import type { HostRule } from '../lib/network/egress/host-rule';
import { proxyEnvironment } from '../lib/network/egress/proxy-environment';
import { wildcardFaults } from '../lib/network/egress/wildcard-fault';
import type { Connection, PodPeer } from '../lib/network/peer';
import { tcp } from '../lib/network/port';
import type { ClusterProfile } from './cluster-profile';

/** A proxy as its clients see it. */
export interface AllowListProxy {
  /** Host of its Service. */
  readonly host: string;
  readonly pods: PodPeer;
  /** Adds a client; what it may reach is asked for when the program is complete. */
  join(client: WorkloadEgress): void;
  /** The list that hosts make, with its port. */
  listOf(hosts: readonly HostRule[]): AllowList;
}

/** Finds or makes the proxy for a workload. */
export type ProxyFinder = (scope: Construct, profile: ClusterProfile) => AllowListProxy;

/** What a workload is, to those who open its way to hosts. */
export interface EgressOwner {
  readonly scope: Construct;
  readonly name: string;
  readonly pods: PodPeer;
  readonly profile: ClusterProfile;
  readonly proxyFor?: ProxyFinder;
  /** Whether what runs in the pods sends its HTTP requests through the proxy that its environment names. */
  readonly honoursProxy: boolean;
  readonly addObject: (id: string, policy: EgressPolicy, spec: unknown) => ApiObject;
}

/** The openings of one workload by name, in whatever way the cluster's engine has. */
export class WorkloadEgress {
  private readonly hosts: HostRule[] = [];
  private readonly serviceHosts = new Set<string>();
  private callsApiServer = false;
  private proxy?: AllowListProxy;
  private policy?: ApiObject;
  private checked = false;

  public constructor(private readonly owner: EgressOwner) {}

  public get pods(): PodPeer {
    return this.owner.pods;
  }

  public get allowedHosts(): readonly HostRule[] {
    return this.hosts;
  }

  /** Opens the way to a host. */
  public addHost(host: HostRule): void {
    this.hosts.push(host);
    this.checkOnce();
    if (this.owner.profile.egress._proxy === undefined) return this.ensurePolicy();
    if (this.proxy !== undefined || this.owner.proxyFor === undefined) return;
    this.proxy = this.owner.proxyFor(this.owner.scope, this.owner.profile);
    this.proxy.join(this);
  }

  /** Notes names of Services that the workload resolves, for engines that limit DNS. */
  public addServiceHosts(...hosts: string[]): void {
    for (const host of hosts) this.serviceHosts.add(host);
    if (this.engine?.filtersDns === true) this.ensurePolicy();
  }

  /**
   * Opens the way to the API server, by the engine itself if it knows it.
   *
   * @returns what the NetworkPolicy has to open for it
   * @throws SynthError PROFILE_FACT_MISSING
   */
  public addApiServer(): Connection[] {
    if (this.engine?.knowsApiServer !== true) {
      const { cidrs, port } = this.owner.profile._apiServer(this.owner.scope);
      return cidrs.map((cidr) => ({ peer: { cidr }, port: tcp(port) }));
    }
    this.callsApiServer = true;
    this.ensurePolicy();
    return [];
  }

  /** Whether the engine's own policy opens DNS, so that the NetworkPolicy must not. */
  public get filtersDns(): boolean {
    return this.engine?.filtersDns ?? false;
  }

  /** What the NetworkPolicy opens for it. */
  public connections(): Connection[] {
    const { proxy } = this;
    return proxy === undefined ? [] : [{ peer: proxy.pods, port: tcp(proxy.listOf(this.hosts).port) }];
  }

  /** Variables that send clients through the proxy; none without one. */
  public environment(direct: readonly string[]): Record<string, string> {
    const { proxy } = this;
    if (proxy === undefined) return {};
    const { clusterDomain } = this.owner.profile;
    return proxyEnvironment({ host: proxy.host, port: proxy.listOf(this.hosts).port, clusterDomain, direct });
  }

  private get engine(): PolicyEngine | undefined {
    return this.owner.profile.egress._engine;
  }

  private ensurePolicy(): void {
    if (this.policy !== undefined || this.engine === undefined) return;
    const policy = this.engine.policy(this.intent());
    if (policy === undefined) return;
    const spec = Lazy.any({ produce: () => this.engine?.policy(this.intent())?.spec });
    this.policy = this.owner.addObject('egress-policy', policy, spec);
    // The chart puts all of its objects into its namespace, but this one is in none.
    if (policy.clusterScoped) this.policy.addJsonPatch(JsonPatch.remove('/metadata/namespace'));
  }

  private intent(): EgressIntent {
    const { profile, pods, name } = this.owner;
    return {
      pods,
      name,
      hosts: this.hosts,
      serviceHosts: [...this.serviceHosts],
      dns: profile._dns._facts,
      clusterDomain: profile.clusterDomain,
      apiServerPort: this.callsApiServer ? profile._apiServerPort : undefined,
    };
  }

  /** What the engine cannot hold is told when all hosts are known, with all other faults. */
  private checkOnce(): void {
    if (this.checked) return;
    this.checked = true;
    const { scope, profile, honoursProxy, proxyFor } = this.owner;
    const { egress } = profile;
    if (egress._precondition !== undefined) {
      reportFault(scope, new SynthError('EGRESS_PRECONDITION_MISSING', scope, egress._precondition));
    }
    if (egress._proxy !== undefined && proxyFor !== undefined && !honoursProxy) {
      reportFault(scope, proxyIgnored(scope));
    }
    if (egress._proxy === undefined && profile._options.parentProxy !== undefined) {
      reportFault(scope, parentUnsupported(scope, egress.engineName));
    }
    scope.node.addValidation({ validate: () => this.patternFaults() });
  }

  private patternFaults(): string[] {
    const { scope } = this.owner;
    const found = this.engine?.faults(this.intent()) ?? wildcardFaults('the egress proxy', this.hosts, 'oneLabel');
    return found.map((fault) => new SynthError('EGRESS_PATTERN_UNSUPPORTED', scope, fault).message);
  }
}

function proxyIgnored(scope: Construct): SynthError {
  return new SynthError('EGRESS_PROXY_IGNORED', scope, {
    message: 'its image is not of this library, so it may not send its requests through the egress proxy',
    remedy: 'Say honoursProxy: true if it heeds HTTPS_PROXY, or use an engine that needs no proxy',
  });
}

function parentUnsupported(scope: Construct, engine: string): SynthError {
  return new SynthError('EGRESS_PARENT_UNSUPPORTED', scope, {
    message: `the profile names a parent proxy, and Egress.${engine}() lets pods out directly`,
    remedy: 'Use Egress.proxy(), which goes through the parent, or remove parentProxy',
  });
}
