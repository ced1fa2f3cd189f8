import { KeycloakError } from './keycloak-error.js';

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

/** How long one request may take. */
const TIMEOUT_MS = 30_000;
/** A token is not used any more when it is about to expire. */
const TOKEN_MARGIN_MS = 10_000;

/** Keycloak's admin REST API for one realm. Paths begin below the realm's. */
export class AdminApi {
  private token: { readonly value: string; readonly until: number } | undefined;

  public constructor(private readonly options: AdminApiOptions) {}

  /** @throws KeycloakError when Keycloak cannot be reached, or refuses */
  public async get<T>(path: string): Promise<T> {
    const found = await this.find<T>(path);
    if (found === undefined) throw new KeycloakError(`Keycloak has no ${this.path(path)}`);
    return found;
  }

  /** What is at a path; absent if there is nothing. */
  public async find<T>(path: string): Promise<T | undefined> {
    const response = await this.request('GET', this.path(path));
    return response.status === 404 ? undefined : ((await response.json()) as T);
  }

  public async send(method: Method, path: string, body?: unknown): Promise<void> {
    await this.order(method, this.path(path), body);
  }

  /** Makes the realm. The administrator's next token knows of it. */
  public async createRealm(representation: unknown): Promise<void> {
    await this.order('POST', '/admin/realms', representation);
    this.token = undefined;
  }

  private async order(method: Method, path: string, body: unknown): Promise<void> {
    const response = await this.request(method, path, body);
    if (response.status === 404) throw await KeycloakError.of(response, `${method} ${path}`);
    await response.body?.cancel();
  }

  private path(below: string): string {
    return `/admin/realms/${encodeURIComponent(this.options.realm)}${below}`;
  }

  private async request(method: string, path: string, body?: unknown): Promise<Response> {
    const headers = { authorization: `Bearer ${await this.bearer()}`, 'content-type': 'application/json' };
    const response = await this.fetch(path, {
      method,
      headers,
      body: body === undefined ? body : JSON.stringify(body),
    });
    if (response.ok || response.status === 404) return response;
    throw await KeycloakError.of(response, `${method} ${path}`);
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
    const response = await this.fetch(path, { method: 'POST', body });
    if (!response.ok) throw await KeycloakError.of(response, `the administrator's login in the realm ${realm}`);
    const answer = (await response.json()) as { access_token: string; expires_in: number };
    this.token = { value: answer.access_token, until: Date.now() + answer.expires_in * 1000 - TOKEN_MARGIN_MS };
    return this.token.value;
  }

  private async fetch(path: string, init: RequestInit): Promise<Response> {
    try {
      return await this.options.fetch(`${this.options.url}${path}`, {
        ...init,
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
    } catch (error) {
      throw KeycloakError.unreachable(this.options.url, error as Error);
    }
  }
}
