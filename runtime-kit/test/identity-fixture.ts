import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import {
  USER_CLAIM_TYPE,
  type PublicKey,
  type ServiceToken,
  type SigningKeys,
  type TrustBundle,
  type UserClaim,
} from 'agentyard/contract';
import { SignJWT } from 'jose';

/** A service of the tests: its audience, and the subject of its ServiceAccount. */
export const audienceOf = (name: string): string => `agentyard:tests/${name}`;
export const subjectOf = (name: string): string => `system:serviceaccount:tests:${name}`;

const now = (): number => Math.floor(Date.now() / 1000);

/** A key pair, made anew for each test: no private key lies in the repository. */
class TestKey {
  public readonly privateKey: KeyObject;
  public readonly jwk: PublicKey;

  public constructor(
    public readonly kid: string,
    public readonly alg: 'ES256' | 'RS256' | 'EdDSA',
  ) {
    const { privateKey, publicKey } = pairOf(alg);
    this.privateKey = privateKey;
    this.jwk = { ...(publicKey.export({ format: 'jwk' }) as unknown as PublicKey), kid, alg, use: 'sig' };
  }
}

function pairOf(alg: TestKey['alg']) {
  if (alg === 'RS256') return generateKeyPairSync('rsa', { modulusLength: 2048 });
  return alg === 'ES256' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('ed25519');
}

/** The API server of a cluster, as far as it issues ServiceAccount tokens. */
export class TestCluster {
  public readonly issuer = 'https://kubernetes.default.svc.cluster.local';
  public key: TestKey;

  public constructor(alg: 'ES256' | 'RS256' = 'ES256') {
    this.key = new TestKey('cluster-1', alg);
  }

  /** Signs with another key from now on. */
  public rotate(kid: string): void {
    this.key = new TestKey(kid, 'ES256');
  }

  /** A token of the ServiceAccount of a service, for one callee. */
  public token(name: string, audience: string, claims: Readonly<Record<string, unknown>> = {}): Promise<string> {
    const { kid, alg, privateKey } = this.key;
    const payload = {
      iss: this.issuer,
      sub: subjectOf(name),
      aud: [audience],
      iat: now(),
      nbf: now(),
      exp: now() + 3600,
      ...claims,
    };
    return new SignJWT(payload).setProtectedHeader({ alg, kid }).sign(privateKey);
  }
}

/** A gateway, as far as it signs user claims. */
export class TestGateway {
  public readonly issuer: string;
  public readonly subject: string;
  public key: TestKey;

  public constructor(public readonly name = 'gateway') {
    this.issuer = audienceOf(name);
    this.subject = subjectOf(name);
    this.key = new TestKey(`${name}-1`, 'EdDSA');
  }

  /** The content of its `signing-keys.json`. */
  public signingKeys(usableFrom = '2020-01-01T00:00:00Z'): SigningKeys {
    const { x = '', d = '' } = this.key.privateKey.export({ format: 'jwk' });
    return { kind: 'SigningKeys', version: 1, keys: [{ kid: this.key.kid, x, d, usableFrom }] };
  }

  /** A claim for callees, which the service `party` may present; further members replace or add claims. */
  public claim(
    party: string,
    audiences: readonly string[],
    claims: Partial<UserClaim> & Readonly<Record<string, unknown>> = {},
    header: Readonly<Record<string, unknown>> = {},
  ): Promise<string> {
    const payload = {
      iss: this.issuer,
      sub: 'ada',
      roles: [],
      aud: [...audiences],
      azp: subjectOf(party),
      iat: now(),
      exp: now() + 60,
      jti: 'request-1',
      ...claims,
    };
    return new SignJWT(payload)
      .setProtectedHeader({ alg: 'EdDSA', kid: this.key.kid, typ: USER_CLAIM_TYPE, ...header })
      .sign(this.key.privateKey);
  }
}

/** A cluster and its gateways, with the trust bundle and the tokens in files as pods have them mounted. */
export class TestIdentity {
  public readonly gateway = new TestGateway();
  /** Another gateway of the same cluster. */
  public readonly otherGateway = new TestGateway('other-gateway');
  public readonly trustBundleDirectory: string;

  private constructor(
    private readonly directory: string,
    public readonly cluster: TestCluster,
  ) {
    this.trustBundleDirectory = path.join(directory, 'trust');
  }

  /** @param directory is written to, and removed by whoever made it */
  public static create(directory: string, cluster = new TestCluster()): TestIdentity {
    const identity = new TestIdentity(directory, cluster);
    for (const name of ['trust', 'tokens']) mkdirSync(path.join(directory, name), { recursive: true });
    identity.writeBundle();
    return identity;
  }

  /** The bundle with the keys that cluster and gateways sign with now. */
  public bundle(): TrustBundle {
    return {
      kind: 'TrustBundle',
      version: 1,
      cluster: { issuer: this.cluster.issuer, keys: [this.cluster.key.jwk] },
      gateways: [this.gateway, this.otherGateway].map(({ issuer, key }) => ({ issuer, keys: [key.jwk] })),
    };
  }

  /** Writes the bundle, or another text in its place. */
  public writeBundle(text = JSON.stringify(this.bundle())): void {
    replace(path.join(this.trustBundleDirectory, 'trust-bundle.json'), text);
  }

  /** `authorization` of a call by the service `name`. */
  public async bearer(name: string, callee: string, claims?: Readonly<Record<string, unknown>>): Promise<string> {
    return `Bearer ${await this.cluster.token(name, audienceOf(callee), claims)}`;
  }

  /** Writes the token that the service `name` shows to a callee, and says where it is. */
  public async tokenFile(name: string, callee: string): Promise<ServiceToken> {
    const file = path.join(this.directory, 'tokens', `${name}-${callee}`);
    replace(file, await this.cluster.token(name, audienceOf(callee)));
    return { audience: audienceOf(callee), file };
  }
}

/** So that a reader sees the old or the new text, as a mounted volume does. */
function replace(file: string, text: string): void {
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}
