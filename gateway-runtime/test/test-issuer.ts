import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TokenIssuerInput } from 'agentyard/contract';
import { SignJWT } from 'jose';
import { answerJson, onCleanUp } from './fixture';

export const AUDIENCE = 'https://gateway.example.com';

const DISCOVERY = '/.well-known/openid-configuration';
const JWKS = '/jwks';

/** Seconds since the epoch, `offset` seconds from now. */
export const at = (offset: number): number => Math.floor(Date.now() / 1000) + offset;

/** A key pair of an issuer. */
export class IssuerKey {
  public readonly privateKey: KeyObject;
  public readonly publicKey: KeyObject;

  public constructor(public readonly kid: string) {
    ({ privateKey: this.privateKey, publicKey: this.publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' }));
  }

  /** Its public part, as it is published. */
  public get jwk(): Readonly<Record<string, unknown>> {
    return { ...this.publicKey.export({ format: 'jwk' }), kid: this.kid, use: 'sig', alg: 'ES256' };
  }
}

export type IssuerAnswer = (request: IncomingMessage, response: ServerResponse) => void;

/** An issuer that does what a test wants: it signs anything, and answers with anything. */
export class TestIssuer {
  public key = new IssuerKey('key-1');
  /** Paths that it was asked for. */
  public readonly asked: string[] = [];
  /** What it answers instead of what a good issuer does, by path. */
  public readonly answers = new Map<string, IssuerAnswer>();
  private close: () => Promise<void> = () => Promise.resolve();

  private constructor(private port = 0) {}

  /** Starts it on loopback. */
  public static async start(): Promise<TestIssuer> {
    const issuer = new TestIssuer();
    await issuer.open();
    onCleanUp(() => issuer.stop());
    return issuer;
  }

  public get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Starts it again, where it was. */
  public async open(): Promise<void> {
    const server = createServer((request, response) => this.answer(request, response));
    await new Promise<void>((resolve) => server.listen(this.port, '127.0.0.1', () => resolve()));
    this.port = (server.address() as AddressInfo).port;
    this.close = async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    };
  }

  /** It is down from now on. */
  public async stop(): Promise<void> {
    await this.close();
  }

  /** Answers for its keys with this from now on. */
  public serveKeys(value: unknown): void {
    this.answers.set(JWKS, (_request, response) => answerJson(response, 200, value));
  }

  /** Answers for its metadata with this from now on. */
  public serveMetadata(more: Readonly<Record<string, unknown>>, status = 200): void {
    this.answers.set(DISCOVERY, (_request, response) => answerJson(response, status, { ...this.metadata, ...more }));
  }

  /** A token that a gateway takes, but for these claims and members of its header; `undefined` leaves one out. */
  public sign(
    claims: Readonly<Record<string, unknown>> = {},
    header: Readonly<Record<string, unknown>> = {},
    key = this.key.privateKey,
  ): Promise<string> {
    const payload = {
      iss: this.url,
      sub: 'ada',
      aud: AUDIENCE,
      iat: at(0),
      exp: at(300),
      realm_access: { roles: ['analyst'] },
      ...claims,
    };
    return new SignJWT(JSON.parse(JSON.stringify(payload)) as typeof payload)
      .setProtectedHeader({ alg: 'ES256', kid: this.key.kid, ...header })
      .sign(key);
  }

  /** The entry of a gateway's document that lets its tokens in. */
  public entry(more: Partial<TokenIssuerInput> = {}): TokenIssuerInput {
    return {
      issuer: this.url,
      audiences: [AUDIENCE],
      algorithms: ['ES256'],
      roleClaims: [['realm_access', 'roles']],
      roles: ['analyst', 'viewer'],
      ...more,
    };
  }

  private get metadata(): Readonly<Record<string, unknown>> {
    return { issuer: this.url, jwks_uri: `${this.url}${JWKS}` };
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const target = request.url ?? '/';
    this.asked.push(target);
    const other = this.answers.get(target);
    if (other !== undefined) return other(request, response);
    if (target === DISCOVERY) return answerJson(response, 200, this.metadata);
    if (target === JWKS) return answerJson(response, 200, { keys: [this.key.jwk] });
    return answerJson(response, 404, {});
  }
}
