import { Duration } from 'cdk8s';
import {
  ApiKeys,
  Auth,
  ClusterProfile,
  RouteMatch,
  type ClusterProfileOptions,
  type McpGateway,
  type McpGatewayProps,
} from 'agentyard';
import { Program } from './program';

/** Whose pods are the ingress of clusters that do not say. */
export const INGRESS = { namespace: 'ingress-nginx', podLabels: { app: 'ingress-nginx' } };

/** A program with a gateway that clients know by a URL, in front of an agent that may take 4 minutes. */
export class ExposedGateway extends Program {
  public readonly door: McpGateway;

  public constructor(cluster: ClusterProfile = genericCluster(), props: Partial<McpGatewayProps> = {}) {
    super('agents', cluster);
    this.door = this.gateway('door', {
      auth: Auth.apiKeys(ApiKeys.fromSecretName('keys')),
      publicUrl: 'https://mcp.example.com',
      ...props,
    });
    const slow = this.agent('slow', { timeout: Duration.minutes(4) });
    this.door.addRoute('by-name', { match: RouteMatch.agent(slow) });
  }
}

export function genericCluster(options: ClusterProfileOptions = {}): ClusterProfile {
  return ClusterProfile.generic({ ingress: INGRESS, ...options });
}
