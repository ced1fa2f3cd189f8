import { generateKeyPairSync, randomUUID, sign, type KeyObject } from 'node:crypto';
import {
  CONTRACT_VERSION,
  parseDocument,
  signingKeys,
  trustBundle,
  trustDocument,
  type PublicKey,
  type SigningKeys,
  type TrustBundle,
  type TrustDocument,
} from 'agentyard/contract';
import type { Manifests } from './manifests.js';

/** Issuer of the tokens that stand for those of ServiceAccounts. */
const LOCAL_ISSUER = 'https://agentyard.local';

/** Tokens count as long as the platform may run: the key that signs them ends with it. */
const TOKEN_SECONDS = 30 * 24 * 3600;

/** A key that signs, and what is published of it. */
interface SigningKey {
  readonly privateKey: KeyObject;
  readonly jwk: PublicKey;
}

/**
 * What a cluster does for the identity of services, on this machine: it issues the tokens of ServiceAccounts, and fills
 * the objects that the trust job fills. All keys are made for one run and are in no file but those of the pods.
 */
export class LocalIdentity {
  private readonly cluster = ellipticKey();
  private readonly gateways = new Map<string, { readonly document: SigningKeys; readonly jwk: PublicKey }>();
  private readonly tokens = new Map<string, string>();
  private readonly filled = new Map<string, string>();

  /** Reads from the manifests which objects are filled, and with whose keys. Keys of before stay. */
  public take(manifests: Manifests): void {
    this.filled.clear();
    for (const document of trustDocuments(manifests)) this.fill(document);
  }

  /** What an object is filled with: one file; absent if it is not one that the trust job fills. */
  public contents(
    kind: 'ConfigMap' | 'Secret',
    namespace: string,
    name: string,
  ): ReadonlyMap<string, Buffer> | undefined {
    const text = this.filled.get(`${kind}/${namespace}/${name}`);
    if (text === undefined) return undefined;
    return new Map([[kind === 'ConfigMap' ? trustBundle.file : signingKeys.file, Buffer.from(text)]]);
  }

  /** A token of a ServiceAccount for an audience, the same one each time. */
  public token(namespace: string, serviceAccount: string, audience: string): string {
    const subject = `system:serviceaccount:${namespace}:${serviceAccount}`;
    const key = `${subject} ${audience}`;
    const token = this.tokens.get(key) ?? this.issue(subject, audience);
    this.tokens.set(key, token);
    return token;
  }

  private fill({ bundles, gateways }: TrustDocument): void {
    for (const { issuer, namespace, secret } of gateways) {
      const key = this.gateways.get(issuer) ?? gatewayKey();
      this.gateways.set(issuer, key);
      this.filled.set(`Secret/${namespace}/${secret}`, JSON.stringify(key.document));
    }
    const bundle: TrustBundle = {
      kind: 'TrustBundle',
      version: CONTRACT_VERSION,
      cluster: { issuer: LOCAL_ISSUER, keys: [this.cluster.jwk] },
      gateways: gateways.map(({ issuer }) => ({
        issuer,
        keys: [this.gateways.get(issuer)?.jwk].filter((k) => k !== undefined),
      })),
    };
    for (const { namespace, configMap } of bundles) {
      this.filled.set(`ConfigMap/${namespace}/${configMap}`, JSON.stringify(bundle));
    }
  }

  /** A JWT (RFC 7519), signed as API servers sign theirs. */
  private issue(subject: string, audience: string): string {
    const now = Math.floor(Date.now() / 1000);
    const header = { alg: 'ES256', typ: 'JWT', kid: this.cluster.jwk.kid };
    const claims = { iss: LOCAL_ISSUER, sub: subject, aud: [audience], iat: now, nbf: now, exp: now + TOKEN_SECONDS };
    const text = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
    const key = { key: this.cluster.privateKey, dsaEncoding: 'ieee-p1363' as const };
    return `${text}.${sign('sha256', Buffer.from(text), key).toString('base64url')}`;
  }
}

function trustDocuments({ configMaps }: Manifests): TrustDocument[] {
  return configMaps.flatMap(({ data }) => {
    const text = data[trustDocument.file];
    return text === undefined ? [] : [parseDocument(trustDocument, text)];
  });
}

function ellipticKey(): SigningKey {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { crv, x, y } = publicKey.export({ format: 'jwk' });
  return { privateKey, jwk: { kty: 'EC', kid: randomUUID(), alg: 'ES256', use: 'sig', crv, x, y } };
}

function gatewayKey() {
  const { d = '', x = '' } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  const kid = randomUUID();
  const document: SigningKeys = {
    kind: 'SigningKeys',
    version: CONTRACT_VERSION,
    keys: [{ kid, x, d, usableFrom: new Date(0).toISOString() }],
  };
  const jwk: PublicKey = { kty: 'OKP', crv: 'Ed25519', kid, alg: 'EdDSA', use: 'sig', x };
  return { document, jwk };
}
