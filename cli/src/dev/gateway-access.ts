import { DEMO_TOKEN, gatewayDocument, parseDocument, type GatewayDocument } from 'agentyard/contract';
import { newKey, type NewKey } from '../keys/new-key.js';
import { rolesOf } from './gateway-roles.js';
import { documentText, withFiles, type Workload } from './workload.js';

/** Environment variable of the developer that holds a key, for gateways whose keys were given as hashes. */
export const API_KEY_VARIABLE = 'AGENTYARD_API_KEY';

/** User of the key that has every role. */
const EVERY_ROLE = 'local';
/** User of the key that has none, beside those that have some. No role is named so. */
const NO_ROLE = 'local without roles';

/** Credentials for gateways that have none on this machine: made once, valid until the platform ends. */
export class GatewayAccess {
  /** Keys by gateway and user: one with every role, one for each role, and one without any. */
  private readonly made = new Map<string, NewKey>();
  /** Users of the keys in use, with their roles, by gateway. */
  private readonly inUse = new Map<string, ReadonlyMap<string, readonly string[]>>();
  /** Where each gateway last looked for its keys. */
  private readonly directories = new Map<string, string>();

  /** The workload with keys of its own, if it is a gateway that asks for keys and was given none. */
  public provide(workload: Workload): Workload {
    this.inUse.delete(workload.key);
    const document = gatewayDocumentOf(workload);
    const directory = this.keysDirectoryOf(workload, document);
    const mount = workload.mounts.find(({ path }) => path === directory);
    if (mount === undefined || holdsFiles(mount.source)) return workload;
    const roles = document === undefined ? [] : rolesOf(document);
    const users = usersWith(roles);
    this.inUse.set(workload.key, users);
    const files = [...users].map(([user, held]): [string, Buffer] => {
      const { document: hashed } = this.keyFor(workload, user);
      return [hashed.id, Buffer.from(JSON.stringify({ ...hashed, roles: held }))];
    });
    return withFiles(workload, mount.path, new Map(files));
  }

  /** What to send to a gateway to have every role; absent when it needs nothing, or its keys were given. */
  public credentialOf(workload: Workload): string | undefined {
    if (this.inUse.has(workload.key)) return this.keyFor(workload, EVERY_ROLE).key;
    const auth = gatewayDocumentOf(workload)?.auth;
    return auth?.mode === 'credentials' && auth.demoToken !== undefined ? DEMO_TOKEN : undefined;
  }

  /** Keys with a single role each, by role. */
  public keysByRole(workload: Workload): ReadonlyMap<string, string> {
    const users = [...(this.inUse.get(workload.key) ?? [])].filter(([user]) => user !== EVERY_ROLE);
    return new Map(users.flatMap(([user, roles]) => roles.map((role) => [role, this.keyFor(workload, user).key])));
  }

  /** A key without any role; absent where no role is asked for, so that the other key has none either. */
  public keyWithoutRoles(workload: Workload): string | undefined {
    return this.inUse.get(workload.key)?.has(NO_ROLE) === true ? this.keyFor(workload, NO_ROLE).key : undefined;
  }

  /** A gateway that refuses a new document serves on with the last one, and so with its keys. */
  private keysDirectoryOf(workload: Workload, document: GatewayDocument | undefined): string | undefined {
    if (document !== undefined) {
      const { auth } = document;
      const directory = auth.mode === 'credentials' ? auth.apiKeys?.directory : undefined;
      if (directory === undefined) this.directories.delete(workload.key);
      else this.directories.set(workload.key, directory);
    }
    return this.directories.get(workload.key);
  }

  private keyFor(workload: Workload, user: string): NewKey {
    const id = `${workload.key} ${user}`;
    const key = this.made.get(id) ?? newKey({ user, roles: [] }, Date.now(), {});
    this.made.set(id, key);
    return key;
  }
}

/** Users of keys, with their roles. */
function usersWith(roles: readonly string[]): Map<string, readonly string[]> {
  const single = roles.map((role): [string, string[]] => [`local-${role}`, [role]]);
  return new Map([[EVERY_ROLE, roles], ...single, ...(roles.length > 0 ? [[NO_ROLE, []] as const] : [])]);
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
