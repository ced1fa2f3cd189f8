import { ANY_CALLER, serverRoles, type AllowedRoles, type GatewayDocument } from 'agentyard/contract';
import type { Workload } from 'agentyard/reachability';
import { DevError } from '../dev/dev-error.js';
import type { Deployment } from '../dev/kubernetes-objects.js';
import { Manifests } from '../dev/manifests.js';
import { Evaluated } from '../evaluated/evaluated.js';
import type { SecretPlace } from './key-secret.js';

/** Where the keys of a gateway are, and what they can bring. */
export interface GatewayKeys {
  /** How messages call the gateway: `namespace/name`. */
  readonly gateway: string;
  readonly secret: SecretPlace;
  /** Roles that let in somewhere: at the gateway, or at what it calls for its users. */
  readonly roles: readonly string[];
  /** Whether the gateway watches the Secret through the Kubernetes API. */
  readonly watches: boolean;
}

/**
 * Reads of manifests where a gateway has its keys.
 *
 * @param wanted its name, or its namespace and name
 * @throws DevError if there is no such gateway, or it takes no API keys
 */
export async function gatewayKeys(directory: string, wanted: string): Promise<GatewayKeys> {
  const { objects, deployments } = await Manifests.load(directory);
  const evaluated = Evaluated.fromObjects(objects);
  const { workload, document } = gatewayNamed(wanted, evaluated);
  const { namespace, name } = workload;
  const gateway = `${namespace}/${name}`;
  const keys = document.auth.mode === 'credentials' ? document.auth.apiKeys : undefined;
  if (keys === undefined) throw new DevError(`the gateway ${gateway} takes no API keys; give it Auth.apiKeys(...)`);
  const deployment = deployments.find(({ metadata }) => metadata.namespace === namespace && metadata.name === name);
  const secret = deployment && secretAt(deployment, keys.directory);
  if (secret === undefined)
    throw new DevError(
      `the Deployment of the gateway ${gateway} mounts no Secret at ${keys.directory}; name it: --secret`,
    );
  const watches = document.watch?.apiKeysSecret === secret;
  return { gateway, secret: { namespace, name: secret }, roles: rolesBehind(document, evaluated), watches };
}

interface Gateway {
  readonly workload: Workload;
  readonly document: GatewayDocument;
}

function gatewayNamed(wanted: string, evaluated: Evaluated): Gateway {
  const gateways = evaluated.platform.workloads.flatMap((workload): Gateway[] => {
    const told = evaluated.documentOf(workload);
    return told?.runtime === 'gateway' ? [{ workload, document: told.document }] : [];
  });
  const found = gateways.filter(({ workload: { namespace, name } }) => [name, `${namespace}/${name}`].includes(wanted));
  const [gateway] = found;
  if (gateway !== undefined && found.length === 1) return gateway;
  const names = (of: readonly Gateway[]) =>
    of.map(({ workload }) => `${workload.namespace}/${workload.name}`).join(', ');
  throw new DevError(
    found.length > 1
      ? `--gateway ${wanted}: there are several; give one of ${names(found)}`
      : `--gateway ${wanted}: there is no such gateway in the manifests; there are ${names(gateways) || 'none'}`,
  );
}

/** Name of the Secret that a container of a Deployment sees in a directory. */
function secretAt({ spec: { template } }: Deployment, directory: string): string | undefined {
  const { containers, volumes } = template.spec;
  const mount = containers.flatMap(({ volumeMounts }) => volumeMounts).find(({ mountPath }) => mountPath === directory);
  const volume = volumes.find(({ name }) => name === mount?.name);
  return volume?.secret?.secretName ?? volume?.projected?.sources.find(({ secret }) => secret)?.secret?.name;
}

/** A claim that a gateway makes for an agent is good at the toolsets of the agent, too. */
function rolesBehind({ agents, toolsets, mcpServers, auth }: GatewayDocument, evaluated: Evaluated): string[] {
  const audiences = new Set([
    ...agents.flatMap(({ claimAudiences }) => claimAudiences),
    ...toolsets.map(({ serviceToken }) => serviceToken.audience),
  ]);
  const called = evaluated.platform.workloads.flatMap((workload): AllowedRoles[] => {
    const told = evaluated.documentOf(workload);
    if (told?.runtime !== 'agent' && told?.runtime !== 'sandbox') return [];
    if (!audiences.has(told.document.identity.audience)) return [];
    return told.runtime === 'agent'
      ? [told.document.allowedRoles]
      : told.document.tools.map((tool) => tool.allowedRoles);
  });
  const own = [...agents, ...toolsets.flatMap(({ tools }) => tools)].map(({ allowedRoles }) => allowedRoles);
  const issued = auth.mode === 'credentials' ? auth.issuers.map(({ roles }) => roles) : [];
  const foreign = mcpServers.flatMap(serverRoles);
  const named = [...own, ...foreign, ...called, ...issued].filter((roles) => roles !== ANY_CALLER);
  return [...new Set(named.flat())].sort();
}
