import {
  CONTRACT_VERSION,
  parseDocument,
  trustBundle,
  type PublicKey,
  type PublishedKey,
  type TrustBundle,
  type TrustDocument,
} from 'agentyard/contract';
import { TrustedKeys } from '../identity/trusted-keys.js';
import { publicPartOf, type GatewayKeys, type NewKey } from './gateway-keys.js';

/** How long a key of the API server counts after it has left its JWKS: the lifetime of the tokens that callers have. */
const TOKEN_MS = 3_600_000;

/** Whose claims a bundle lets verify. */
export interface SigningGateway {
  readonly issuer: string;
  /** Its keys; absent if they are not known, since its Secret could not be read or understood. */
  readonly keys?: GatewayKeys;
  /** A key that is published before it signs. */
  readonly next?: NewKey;
}

/** What the next content of a bundle follows from. */
export interface BundleSources {
  readonly issuer: string;
  readonly clusterKeys: readonly PublicKey[];
  readonly gateways: readonly SigningGateway[];
  readonly rotation: TrustDocument['rotation'];
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** The content of a bundle as it is. @throws ContractError for one that callees refuse */
export function readBundle(text: string): TrustBundle {
  const bundle = parseDocument(trustBundle, text);
  TrustedKeys.from(bundle);
  return bundle;
}

/** The text of a bundle. The same keys make the same text. */
export function bundleText(bundle: TrustBundle): string {
  return JSON.stringify(bundle, null, 2);
}

/** Ids of all keys of a bundle. */
export function kidsOf({ cluster, gateways }: TrustBundle): string[] {
  return [cluster, ...gateways].flatMap(({ keys }) => keys.map(({ kid }) => kid));
}

/**
 * The content of a bundle that follows another. A key that its owner no longer has is remembered there and nowhere else:
 * it stays until what was signed with it has run out.
 */
export function nextBundle(previous: TrustBundle | undefined, sources: BundleSources): TrustBundle {
  const { issuer, clusterKeys, gateways, now } = sources;
  const bundle: TrustBundle = {
    kind: 'TrustBundle',
    version: CONTRACT_VERSION,
    cluster: {
      issuer,
      keys: sorted([...clusterKeys, ...leaving(previous?.cluster.keys ?? [], clusterKeys, now, TOKEN_MS)]),
    },
    gateways: gateways.map((gateway) => {
      const former = previous?.gateways.find((entry) => entry.issuer === gateway.issuer)?.keys ?? [];
      return { issuer: gateway.issuer, keys: sorted(gatewayKeys(gateway, former, sources)) };
    }),
  };
  // What callees would refuse must not replace what they have.
  TrustedKeys.from(bundle);
  return bundle;
}

/** While a Secret holds no keys that are understood, its gateway may still sign with those that it had. */
function gatewayKeys(
  { keys, next }: SigningGateway,
  former: readonly PublishedKey[],
  { now, rotation: { leadMs, keepMs } }: BundleSources,
): PublishedKey[] {
  const upcoming = next === undefined ? [] : [publicPartOf(next)];
  if (keys === undefined || keys.isEmpty) {
    const end = new Date(now + leadMs + keepMs).toISOString();
    const others = former.filter((key) => !upcoming.some(({ kid }) => kid === key.kid) && counts(key, now));
    return [
      ...upcoming,
      ...others.map((key) => (key.expiresAt ? { ...key, expiresAt: earlier(key.expiresAt, end) } : key)),
    ];
  }
  const own = [...keys.published(now, keepMs), ...upcoming];
  // A gateway may have it mounted for as long as another key has to be published before it signs.
  return [...own, ...leaving(former, own, now, leadMs + keepMs)];
}

/** Keys of before that are not among those of now, with their ends. */
function leaving(
  former: readonly PublishedKey[],
  current: readonly PublicKey[],
  now: number,
  keepMs: number,
): PublishedKey[] {
  const kids = new Set(current.map(({ kid }) => kid));
  const end = new Date(now + keepMs).toISOString();
  return former
    .filter((key) => !kids.has(key.kid) && counts(key, now))
    .map((key) => ({ ...key, expiresAt: earlier(key.expiresAt, end) }));
}

/** A later end than ours is none that the job has given. */
function earlier(given: string | undefined, end: string): string {
  return given !== undefined && Date.parse(given) < Date.parse(end) ? given : end;
}

function counts({ expiresAt }: PublishedKey, now: number): boolean {
  return expiresAt === undefined || Date.parse(expiresAt) > now;
}

function sorted(keys: readonly PublishedKey[]): PublishedKey[] {
  return [...keys].sort((a, b) => (a.kid < b.kid ? -1 : 1));
}
