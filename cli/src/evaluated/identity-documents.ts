import {
  keycloakRealm,
  keycloakRealmSyncDocument,
  parseDocument,
  parseValue,
  trustDocument,
  type KeycloakRealmRepresentation,
  type KeycloakRealmSyncDocument,
  type TrustDocument,
} from 'agentyard/contract';
import type { KubernetesObject } from 'agentyard/reachability';

/** A realm of Keycloak, by the construct that it is of: `namespace/name`. */
export interface PlacedRealm {
  readonly place: string;
  readonly realm: KeycloakRealmRepresentation;
  /** Variables of the realm that the operator fills from Secrets, each with `name[key]`. */
  readonly secrets: ReadonlyMap<string, string>;
}

/** What is told to Keycloak and to the jobs that keep identity in line. What is none of ours is left out. */
export class IdentityDocuments {
  public readonly realms: readonly PlacedRealm[];
  public readonly syncs: readonly KeycloakRealmSyncDocument[];
  public readonly trusts: readonly TrustDocument[];
  /** Where they stand: `kind/namespace/name/path`. */
  private readonly paths: ReadonlySet<string>;

  public constructor(objects: readonly KubernetesObject[]) {
    const found = objects.flatMap((object) => entriesOf(object).flatMap((entry) => readEntry(object, entry) ?? []));
    this.paths = new Set(found.map(({ path }) => path));
    this.syncs = found.flatMap(({ sync }) => sync ?? []);
    this.trusts = found.flatMap(({ trust }) => trust ?? []);
    this.realms = [
      ...found.flatMap(({ realm, place, secrets }) => (realm === undefined ? [] : [{ place, realm, secrets }])),
      ...this.syncs.map(({ namespace, name, realm }) => ({
        place: `${namespace}/${name.replace(/-sync$/, '')}`,
        realm,
        secrets: new Map(),
      })),
    ];
  }

  /** Whether a path of an object is in such a document. */
  public has(object: KubernetesObject, path: string): boolean {
    return this.paths.has(pathIn(object, path.replace(/^\$\.spec\.(realm|placeholders)\b.*/, '$.spec.realm')));
  }
}

interface Found {
  readonly path: string;
  readonly place: string;
  readonly realm?: KeycloakRealmRepresentation;
  readonly secrets: ReadonlyMap<string, string>;
  readonly sync?: KeycloakRealmSyncDocument;
  readonly trust?: TrustDocument;
}

/** What in an object may be such a document, by its path. */
function entriesOf({ kind, ...rest }: KubernetesObject): [path: string, value: unknown][] {
  const { data = {}, spec = {} } = rest as Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  if (kind === 'KeycloakRealmImport') return [['$.spec.realm', spec.realm]];
  return kind === 'ConfigMap' ? Object.entries(data).map(([file, text]) => [`$.data.${file}`, text]) : [];
}

function readEntry(object: KubernetesObject, [path, value]: [string, unknown]): Found | undefined {
  const about = {
    path: pathIn(object, path),
    place: `${String(object.metadata?.namespace)}/${String(object.metadata?.name)}`,
    secrets: new Map<string, string>(),
  };
  try {
    if (path === '$.spec.realm') {
      return { ...about, realm: parseValue(keycloakRealm, value, path), secrets: placeholdersOf(object) };
    }
    const text = String(value);
    if (path === `$.data.${trustDocument.file}`) return { ...about, trust: parseDocument(trustDocument, text) };
    if (path === `$.data.${keycloakRealmSyncDocument.file}`) {
      return { ...about, sync: parseDocument(keycloakRealmSyncDocument, text) };
    }
    if (path.endsWith('-realm.json')) return { ...about, realm: parseValue(keycloakRealm, JSON.parse(text), path) };
  } catch {
    // Not one that this library has written: what changes in it is told as for any other object.
  }
  return undefined;
}

/** @throws TypeError for placeholders that are none */
function placeholdersOf({ spec }: KubernetesObject): ReadonlyMap<string, string> {
  const { placeholders = {} } = spec as { placeholders?: Record<string, { secret: { name: string; key: string } }> };
  return new Map(
    Object.entries(placeholders).map(([variable, { secret }]) => [variable, `${secret.name}[${secret.key}]`]),
  );
}

function pathIn({ kind, metadata }: KubernetesObject, path: string): string {
  return `${kind}/${String(metadata?.namespace)}/${String(metadata?.name)}/${path}`;
}
