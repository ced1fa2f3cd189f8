import type { SynthFault } from '../lib/errors/synth-error';
import { ciliumEngine } from '../lib/network/egress/cilium';
import { clusterNetworkPolicyEngine } from '../lib/network/egress/cluster-network-policy';
import type { PolicyEngine } from '../lib/network/egress/egress-engine';
import { eksEngine } from '../lib/network/egress/eks';
import { gkeEngine } from '../lib/network/egress/gke';
import type { PodOptions } from './pod-options';

/** Options of the egress proxy. */
export interface EgressProxyOptions extends PodOptions {
  /**
   * Namespace of one proxy for the whole program.
   * @default - a proxy in each namespace that needs one, since who may create pods in a namespace could pose as its workloads
   */
  readonly namespace?: string;
  /**
   * Moves the ports that stand for allow lists, for when two lists collide.
   * @default - none
   */
  readonly portSalt?: string;
}

/** What the cluster has for FQDNNetworkPolicy. */
export interface GkeEgressOptions {
  /** Whether the cluster runs Dataplane V2. */
  readonly dataplaneV2: boolean;
  /** Whether it was made or updated with `--enable-fqdn-network-policy`. */
  readonly fqdnNetworkPolicy: boolean;
}

/** What the cluster has for ApplicationNetworkPolicy. */
export interface EksEgressOptions {
  /** Whether the cluster runs in Auto Mode, which alone enforces domain names. */
  readonly autoMode: boolean;
}

/** What the cluster has for domain names in ClusterNetworkPolicy. */
export interface ClusterNetworkPolicyEgressOptions {
  /** Whether the resource of the experimental channel is installed, and enforced by the cluster's network. */
  readonly experimentalChannel: boolean;
  /**
   * Priority of the policies in the Admin tier, 0 to 1000; lower numbers win.
   * @default 1000, so that denials of the cluster's administrators win
   */
  readonly priority?: number;
}

/** How egress by name is opened: one intent, many engines. What an engine cannot hold fails synth. */
export class Egress {
  /**
   * A forward proxy of our own, which works in every cluster that enforces NetworkPolicy. A port of it stands for an
   * allow list; it lets a tunnel through only if the TLS server name is the name asked for.
   */
  public static proxy(options: EgressProxyOptions = {}): Egress {
    return new Egress('proxy', [], undefined, options);
  }

  /** Cilium, by `toFQDNs`; DNS is limited to the names that a workload needs. */
  public static cilium(): Egress {
    return new Egress('cilium', [], ciliumEngine);
  }

  /** GKE, by FQDNNetworkPolicy. A policy opens at most 50 addresses. */
  public static gke(options: GkeEgressOptions): Egress {
    const missing = [
      ...(options.dataplaneV2 ? [] : ['Dataplane V2']),
      ...(options.fqdnNetworkPolicy ? [] : ['FQDN network policies (--enable-fqdn-network-policy)']),
    ];
    return new Egress('gke', missing, gkeEngine);
  }

  /** EKS, by ApplicationNetworkPolicy. */
  public static eks(options: EksEgressOptions): Egress {
    return new Egress('eks', options.autoMode ? [] : ['Auto Mode'], eksEngine);
  }

  /** ClusterNetworkPolicy with domain names. Its accepts go past the policies of the namespace, so they are narrow. */
  public static clusterNetworkPolicy(options: ClusterNetworkPolicyEgressOptions): Egress {
    const missing = options.experimentalChannel ? [] : ['ClusterNetworkPolicy of the experimental channel'];
    const priority = options.priority ?? 1000;
    if (!Number.isInteger(priority) || priority < 0 || priority > 1000)
      missing.push(`a priority of 0 to 1000, not ${priority}`);
    return new Egress('clusterNetworkPolicy', missing, clusterNetworkPolicyEngine(priority));
  }

  /** No egress by name: a program that asks for a host fails synth. */
  public static none(): Egress {
    return new Egress('none', ['an egress engine'], undefined);
  }

  /** Name of the engine, as its factory. */
  public readonly engineName: string;
  /** @internal */
  public readonly _engine?: PolicyEngine;
  /** @internal */
  public readonly _proxy?: EgressProxyOptions;
  private readonly missing: readonly string[];

  private constructor(name: string, missing: readonly string[], engine?: PolicyEngine, proxy?: EgressProxyOptions) {
    this.engineName = name;
    this.missing = missing;
    this._engine = engine;
    this._proxy = proxy;
  }

  /**
   * What the cluster lacks for this engine, if anything.
   *
   * @internal
   */
  public get _precondition(): SynthFault | undefined {
    if (this.missing.length === 0) return undefined;
    return {
      message: `Egress.${this.engineName}() needs ${this.missing.join(' and ')}, which the cluster's profile says it lacks`,
      remedy:
        'Enable it and say so in the profile, or use Egress.proxy(), which works in every cluster with NetworkPolicy',
    };
  }
}
