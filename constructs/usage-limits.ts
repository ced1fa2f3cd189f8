import type { GatewayDocumentInput } from '../lib/contract';
import { SynthError } from '../lib/errors/synth-error';
import type { IConstruct } from 'constructs';
import type { Agent } from './agent';
import type { McpGatewayProps } from './mcp-gateway-props';
import type { Quota } from './quota';
import { rateLimitOf, type RateLimit } from './rate-limit';
import type { SharedStore } from './shared-store';

/** What callers of a gateway may use. */
export interface UsageLimits {
  readonly rateLimits: readonly RateLimit[];
  readonly quotas: readonly Quota[];
  readonly store?: SharedStore;
}

/** What a gateway's props say of it; nothing is limited that they do not name. */
export function usageLimits({ rateLimits = [], quotas = [], store }: McpGatewayProps): UsageLimits {
  return { rateLimits, quotas, store };
}

/** What the gateway's document says of it. */
export type UsageSection = Pick<GatewayDocumentInput, 'rateLimits' | 'quotas' | 'store'>;

export function usageSection(gateway: IConstruct, { rateLimits, quotas, store }: UsageLimits): UsageSection {
  return {
    rateLimits: rateLimits.map((limit) => rateLimitOf(gateway, limit)),
    quotas: quotas.map((quota) => quota._section(gateway)),
    store: store?._section,
  };
}

/** What is missing for limits to hold, when the program is complete. */
export function usageFaults(
  gateway: IConstruct,
  { rateLimits, quotas, store }: UsageLimits,
  agents: readonly Agent[],
): string[] {
  const shared = [...rateLimits.filter((limit) => limit.shared).map(({ name }) => name), ...quotas.map((q) => q._name)];
  const faults: SynthError[] = [];
  if (store === undefined && shared.length > 0) {
    const fault = {
      message: `"${shared.join('", "')}" ${shared.length === 1 ? 'is' : 'are'} counted by all replicas together, and there is no store`,
      remedy: 'Name one: store: SharedStore.valkey({ ... })',
    };
    faults.push(new SynthError('STORE_MISSING', gateway, fault));
  }
  for (const quota of quotas) {
    const unpriced = quota._priced(agents).find(({ _price }) => _price === undefined);
    if (unpriced === undefined) continue;
    const fault = {
      message: `the quota "${quota._name}" counts money, and the model of ${unpriced.node.path} has no price`,
      remedy: 'Give the model its price, or name the agents that the quota is for',
    };
    faults.push(new SynthError('PRICE_MISSING', gateway, fault));
  }
  return faults.map(({ message }) => message);
}
