import { gatewayDocument, parseDocument, type GatewayDocument } from 'agentyard/contract';
import { createLocalApiKey, type LocalApiKey } from './api-key.js';
import { documentText, withFiles, type Workload } from './workload.js';

/** Environment variable of the developer that holds a key, for gateways whose keys were given as hashes. */
export const API_KEY_VARIABLE = 'AGENTYARD_API_KEY';

/** Keys for gateways that have none on this machine: made once, valid until the platform ends. */
export class GatewayAccess {
  private readonly made = new Map<string, LocalApiKey>();
  private readonly inUse = new Set<string>();
  /** Where each gateway last looked for its keys. */
  private readonly directories = new Map<string, string>();

  /** The workload with a key of its own, if it is a gateway that asks for keys and was given none. */
  public provide(workload: Workload): Workload {
    this.inUse.delete(workload.key);
    const directory = this.keysDirectoryOf(workload);
    const mount = workload.mounts.find(({ path }) => path === directory);
    if (mount === undefined || holdsFiles(mount.source)) return workload;
    const key = this.made.get(workload.key) ?? createLocalApiKey();
    this.made.set(workload.key, key);
    this.inUse.add(workload.key);
    return withFiles(workload, mount.path, new Map([[key.document.id, Buffer.from(JSON.stringify(key.document))]]));
  }

  /** A gateway that refuses a new document serves on with the last one, and so with its keys. */
  private keysDirectoryOf(workload: Workload): string | undefined {
    const auth = gatewayDocumentOf(workload)?.auth;
    if (auth?.mode === 'apiKeys') this.directories.set(workload.key, auth.keysDirectory);
    if (auth?.mode === 'none') this.directories.delete(workload.key);
    return this.directories.get(workload.key);
  }

  /** The key made for a gateway; absent when it needs none or its keys were given. */
  public keyOf(workload: Workload): string | undefined {
    return this.inUse.has(workload.key) ? this.made.get(workload.key)?.key : undefined;
  }
}

/** The gateway's document; absent for other workloads, and for one that its runtime will refuse. */
export function gatewayDocumentOf(workload: Workload): GatewayDocument | undefined {
  const text = workload.kind === 'gateway' ? documentText(workload) : undefined;
  if (text === undefined) return undefined;
  try {
    return parseDocument(gatewayDocument, text);
  } catch {
    return undefined;
  }
}

function holdsFiles(source: Workload['mounts'][number]['source']): boolean {
  return source.type === 'directory' || (source.type === 'files' && source.files.size > 0);
}
