import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TokenIssuerInput } from 'agentyard/contract';
import { answerJson } from './fixture';
import { SECRET_FILE } from './oidc-issuer';
import { at, AUDIENCE, TestIssuer } from './test-issuer';

type Claims = Readonly<Record<string, unknown>>;

/** What an issuer was asked about, and by whom. */
export interface Asked {
  readonly token: string | null;
  readonly hint: string | null;
  readonly authorization: string | undefined;
}

const ENDPOINT = '/introspect';

/** An issuer whose introspection endpoint says of tokens what a test wants. */
export class IntrospectingIssuer {
  /** What it was asked about. */
  public readonly asked: Asked[] = [];
  /** What it answers; absent: that the token is active, and what it says of it. */
  public answer: ((response: ServerResponse, asked: Asked) => void) | undefined;
  /** What it says of tokens beside what a gateway takes; `undefined` leaves a member out. */
  public says: Claims = {};

  private constructor(public readonly issuer: TestIssuer) {}

  /** Starts it on loopback. */
  public static async start(): Promise<IntrospectingIssuer> {
    const introspecting = new IntrospectingIssuer(await TestIssuer.start());
    introspecting.issuer.answers.set(ENDPOINT, (request, response) => void introspecting.take(request, response));
    return introspecting;
  }

  public get url(): string {
    return this.issuer.url;
  }

  /** The entry of a gateway's document that lets its tokens in. */
  public entry(
    tokens: NonNullable<TokenIssuerInput['introspection']>['tokens'] = 'opaque',
    more: Partial<TokenIssuerInput> = {},
  ): TokenIssuerInput {
    const introspection = {
      endpoint: `${this.url}${ENDPOINT}`,
      clientId: 'gateway',
      credentials: { clientSecretFile: SECRET_FILE },
      tokens,
    };
    return this.issuer.entry({ introspection, ...more });
  }

  /** What a good answer has. */
  public get claims(): Claims {
    return {
      active: true,
      iss: this.url,
      sub: 'ada',
      aud: AUDIENCE,
      exp: at(300),
      token_type: 'Bearer',
      realm_access: { roles: ['analyst'] },
      ...this.says,
    };
  }

  private async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const chunk of request as AsyncIterable<Buffer>) body += chunk.toString('utf8');
    const form = new URLSearchParams(body);
    const asked = {
      token: form.get('token'),
      hint: form.get('token_type_hint'),
      authorization: request.headers.authorization,
    };
    this.asked.push(asked);
    if (this.answer === undefined) answerJson(response, 200, this.claims);
    else this.answer(response, asked);
  }
}
