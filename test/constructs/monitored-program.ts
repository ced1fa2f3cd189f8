import { Chart } from 'cdk8s';
import { ClusterProfile, Peer, type ClusterProfileOptions } from 'agentyard';
import { Program } from './program';

const PROMETHEUS = Peer.pods({ namespace: 'monitoring', podLabels: { app: 'prometheus' } });

/** A program with a gateway, an agent and a toolset in one namespace, and an agent in another; Prometheus reads metrics. */
export class MonitoredProgram extends Program {
  public readonly other: Chart;

  public constructor(options: ClusterProfileOptions = {}) {
    const apiServer = { cidrs: ['10.0.0.1/32'] };
    super('agents', ClusterProfile.generic({ metricsScraper: PROMETHEUS, apiServer, ...options }));
    this.other = new Chart(this.app, 'other', { namespace: 'sales' });
    const tools = this.toolset('tools');
    this.agent('support', { tools: [tools] });
    this.gateway('door', { tools: [tools] });
    this.agent('sales', {}, this.other);
  }
}
