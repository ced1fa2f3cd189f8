import { KeycloakError, parsedJson, reasonIn, type Answer } from './keycloak-error.js';

/** How Keycloak is reached, and as whom. */
export interface AdminApiOptions {
  /** Base URL of Keycloak. */
  readonly url: string;
  /** The realm that is administered. */
  readonly realm: string;
  /** The client that administers, and its realm. */
  readonly administrator: { readonly realm: string; readonly clientId: string; readonly clientSecret: string };
  readonly fetch: typeof fetch;
}

export type Method = 'POST' | 'PUT' | 'DELETE';

/** How long one request may take, with its answer. */
const TIMEOUT_MS = 30_000;
/** A token is not used any more when it is about to expire. */
const TOKEN_MARGIN_MS = 10_000;
/** Longest answer that is read. */
const MAX_ANSWER_BYTES = 8 * 1024 * 1024;
/** Entries of a list that are asked for at once. */
const PAGE = 100;

/** Keycloak's admin REST API for one realm. Paths begin below the realm's. All that fails is a KeycloakError. */
export class AdminApi {
  private token: { readonly value: string; readonly until: number } | undefined;

  public constructor(private readonly options: AdminApiOptions) {}

  /** @throws KeycloakError when Keycloak cannot be reached, or refuses */
  public async get<T>(path: string): Promise<T> {
    return valueOf<T>(this.path(path), await this.order('GET', this.path(path)));
  }

  /** All of a list that Keycloak gives in pages. What is not kept is not remembered. */
  public async list<T>(path: string, keep: (entry: T) => boolean): Promise<T[]> {
    const kept: T[] = [];
    const query = path.includes('?') ? '&' : '?';
    for (let first = 0; ; first += PAGE) {
      const page = await this.get<T[]>(`${path}${query}first=${first}&max=${PAGE}`);
      kept.push(...page.filter(keep));
      if (page.length !== PAGE) return kept;
    }
  }

  /** The realm; absent if Keycloak says itself that it has none of this name. */
  public async findRealm<T>(): Promise<T | undefined> {
    const answer = await this.request('GET', this.path(''));
    if (answer.status === 404 && reasonIn(answer.text) !== undefined) return undefined;
    return valueOf<T>(this.path(''), accepted(this.path(''), 'GET', answer));
  }

  public async send(method: Method, path: string, body?: unknown): Promise<void> {
    await this.order(method, this.path(path), body);
  }

  /** Makes the realm. The administrator's next token knows of it. */
  public async createRealm(representation: unknown): Promise<void> {
    await this.order('POST', '/admin/realms', representation);
    this.token = undefined;
  }

  private path(below: string): string {
    return `/admin/realms/${encodeURIComponent(this.options.realm)}${below}`;
  }

  private async order(method: string, path: string, body?: unknown): Promise<Answer> {
    return accepted(path, method, await this.request(method, path, body));
  }

  private async request(method: string, path: string, body?: unknown): Promise<Answer> {
    const headers = { authorization: `Bearer ${await this.bearer()}`, 'content-type': 'application/json' };
    return this.fetch(path, { method, headers, body: body === undefined ? body : JSON.stringify(body) });
  }

  private async bearer(): Promise<string> {
    if (this.token !== undefined && Date.now() < this.token.until) return this.token.value;
    const { realm, clientId, clientSecret } = this.options.administrator;
    const path = `/realms/${encodeURIComponent(realm)}/protocol/openid-connect/token`;
    const body = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: clientId,
      client_secret: clientSecret,
    });
    const asked = `the administrator's login in the realm ${realm}`;
    const answer = accepted(path, asked, await this.fetch(path, { method: 'POST', body }));
    const { access_token: value, expires_in: seconds } = valueOf<{ access_token?: unknown; expires_in?: unknown }>(
      path,
      answer,
      asked,
    );
    if (typeof value !== 'string' || typeof seconds !== 'number') {
      throw KeycloakError.unreadable(path, asked, 'has no token');
    }
    this.token = { value, until: Date.now() + seconds * 1000 - TOKEN_MARGIN_MS };
    return value;
  }

  private async fetch(path: string, init: RequestInit): Promise<Answer> {
    const { url, fetch } = this.options;
    try {
      const response = await fetch(`${url}${path}`, { ...init, signal: AbortSignal.timeout(TIMEOUT_MS) });
      return { status: response.status, text: await textOf(response, path) };
    } catch (error) {
      throw error instanceof KeycloakError ? error : KeycloakError.unreachable(path, url, error);
    }
  }
}

/** The text of an answer that has an end. */
async function textOf({ body }: Response, path: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > MAX_ANSWER_BYTES) {
      throw KeycloakError.unreadable(path, 'the request', `is over ${MAX_ANSWER_BYTES} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** @throws KeycloakError for an answer that refuses */
function accepted(path: string, asked: string, answer: Answer): Answer {
  if (answer.status >= 200 && answer.status < 300) return answer;
  throw KeycloakError.refused(path, asked, answer);
}

function valueOf<T>(path: string, { text }: Answer, asked = 'GET'): T {
  const value = parsedJson(text);
  if (typeof value === 'object' && value !== null) return value as T;
  throw KeycloakError.unreadable(path, asked, 'is no JSON of Keycloak');
}
