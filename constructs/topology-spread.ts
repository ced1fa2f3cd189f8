import type { SpreadRule } from '../lib/workload/topology-spread';

/** How the pods of a workload are spread over zones, nodes or other parts of the cluster. */
export class TopologySpread {
  /**
   * Spread as far as it can be; pods never wait for it.
   *
   * @param topologyKey label of nodes, for example `topology.kubernetes.io/zone`
   * @param maxSkew by how many pods two values of the label may differ
   */
  public static preferred(topologyKey: string, maxSkew: number = 1): TopologySpread {
    return new TopologySpread({ topologyKey, maxSkew, required: false });
  }

  /**
   * Spread always; a pod that would break the rule waits.
   *
   * @param topologyKey label of nodes, for example `topology.kubernetes.io/zone`
   * @param maxSkew by how many pods two values of the label may differ
   */
  public static required(topologyKey: string, maxSkew: number = 1): TopologySpread {
    return new TopologySpread({ topologyKey, maxSkew, required: true });
  }

  /** @internal */
  public readonly _rule: SpreadRule;

  private constructor(rule: SpreadRule) {
    this._rule = rule;
  }
}
