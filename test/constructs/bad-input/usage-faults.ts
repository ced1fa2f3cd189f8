import { Duration } from 'cdk8s';
import { Peer, Quota, RouteMatch, SharedStore, type McpGatewayProps } from 'agentyard';
import { Program } from '../program';
import type { FaultCase } from './fault-case';

const servedBy = Peer.pods({ namespace: 'data', podLabels: { app: 'valkey' } });

/** A gateway with an agent whose model has no price. */
function gatewayWith(props: Partial<McpGatewayProps>) {
  const program = new Program();
  const gateway = program.gateway('gateway', props);
  gateway.addRoute('support', { match: RouteMatch.agent(program.agent('support')) });
  return gateway;
}

/** Faults of what callers of a gateway may use. */
export const USAGE_FAULTS: FaultCase[] = [
  ['STORE_INVALID', '"redis://x"', () => SharedStore.valkey({ host: 'redis://x', servedBy })],
  [
    'STORE_MISSING',
    'chart/gateway: "all" is counted by all replicas together',
    () => gatewayWith({ rateLimits: [{ name: 'all', requests: 1, window: Duration.seconds(1), shared: true }] }),
  ],
  [
    'PRICE_MISSING',
    'chart/gateway: the quota "money" counts money, and the model of chart/support has no price',
    () =>
      gatewayWith({
        store: SharedStore.valkey({ host: 'valkey.data.svc', servedBy }),
        quotas: [Quota.moneyPerDay('money', 1)],
      }),
  ],
];
