import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { LocalPlatform, type LocalGateway, type LocalPlatformOptions, type RuntimeMains } from '@agentyard/cli';
import { App } from 'agentyard';

const ROOT = path.join(__dirname, '../..');

/** The runtimes as they are shipped: bundled by the run's global setup. */
export const RUNTIMES: RuntimeMains = {
  gateway: path.join(ROOT, 'gateway-runtime/dist/main.mjs'),
  agent: path.join(ROOT, 'agent-runtime/dist/main.mjs'),
  sandbox: path.join(ROOT, 'sandbox-runtime/dist/main.mjs'),
};

/** A program, synthesized to a folder and started as `agentyard dev` does. */
export class LocalProgram {
  public readonly manifests = mkdtempSync(path.join(tmpdir(), 'agentyard-e2e-'));
  public readonly lines: string[] = [];
  private platform: LocalPlatform | undefined;

  /** Synthesizes what `build` makes. */
  public synth(build: (app: App) => void): void {
    const app = new App({ id: 'local', outdir: this.manifests });
    build(app);
    app.synth();
  }

  /** Starts what was synthesized. */
  public async start(options: Partial<LocalPlatformOptions> = {}): Promise<LocalPlatform> {
    const keep = (line: string): void => void this.lines.push(line);
    const terminal = { out: keep, err: keep, color: false };
    this.platform = await LocalPlatform.start({
      manifestsDirectory: this.manifests,
      runtimes: RUNTIMES,
      port: 0,
      terminal,
      ...options,
    });
    return this.platform;
  }

  public get gateway(): LocalGateway {
    const [gateway] = this.platform?.gateways ?? [];
    if (gateway === undefined) throw new Error('no gateway runs');
    return gateway;
  }

  /** Calls the gateway with its local key. A header that is given empty is not sent. */
  public async post(pathname: string, body: string | object, headers: Record<string, string> = {}): Promise<Response> {
    const all = { authorization: `Bearer ${this.gateway.key}`, 'content-type': 'application/json', ...headers };
    return fetch(`${this.gateway.url}${pathname}`, {
      method: 'POST',
      headers: Object.entries(all).filter(([, value]) => value !== ''),
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  }

  public async end(): Promise<void> {
    await this.platform?.stop();
    rmSync(this.manifests, { recursive: true, force: true });
  }
}
