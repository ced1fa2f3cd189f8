import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ADMINISTRATOR, keycloakDistribution } from './distribution';
import { freePort, KeycloakProcess } from './process';

/** What to give jest's beforeAll that starts a Keycloak: on a bare machine it is downloaded and built first. */
export const START_TIMEOUT = 15 * 60_000;

/** What a Keycloak of a test starts with. */
export interface KeycloakOptions {
  /** Realm files by name: `mcp-realm.json`. */
  readonly realmFiles?: Readonly<Record<string, string>>;
  /** Port of loopback; absent: a free one. */
  readonly port?: number;
  /** Variables that stand for secrets in the realm files. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** A real Keycloak on loopback, whose realms were imported as `start --import-realm` does. */
export class Keycloak {
  public static async start({ realmFiles = {}, environment = {}, port }: KeycloakOptions = {}): Promise<Keycloak> {
    const distribution = await keycloakDistribution();
    const home = mkdtempSync(path.join(tmpdir(), 'keycloak-'));
    for (const part of ['lib', 'conf', 'providers', 'themes']) {
      symlinkSync(path.join(distribution, part), path.join(home, part));
    }
    cpSync(path.join(distribution, 'data'), path.join(home, 'data'), { recursive: true });
    const imports = path.join(home, 'data/import');
    mkdirSync(imports, { recursive: true });
    for (const [name, text] of Object.entries(realmFiles)) writeFileSync(path.join(imports, name), text);
    try {
      const options = { options: ['--import-realm'], environment };
      return new Keycloak(home, await KeycloakProcess.serve(home, port ?? (await freePort()), options));
    } catch (error) {
      rmSync(home, { recursive: true, force: true });
      throw error;
    }
  }

  private constructor(
    private readonly home: string,
    private readonly process: KeycloakProcess,
  ) {}

  /** Base URL. */
  public get url(): string {
    return this.process.url;
  }

  /** Asks the admin API as the administrator. @param path below `/admin/realms` @returns the answer's body, if it has one */
  public async admin(method: string, path: string, body?: unknown): Promise<any> {
    const answer = await fetch(`${this.url}/admin/realms${path}`, {
      method,
      headers: { authorization: `Bearer ${await this.administratorToken()}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${answer.status} to ${method} ${path}: ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  }

  public async stop(): Promise<void> {
    await this.process.stop();
    rmSync(this.home, { recursive: true, force: true });
  }

  private async administratorToken(): Promise<string> {
    const { realm, clientId, clientSecret } = ADMINISTRATOR;
    const answer = await fetch(`${this.url}/realms/${realm}/protocol/openid-connect/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: clientId,
        client_secret: clientSecret,
      }),
    });
    return ((await answer.json()) as { access_token: string }).access_token;
  }
}
