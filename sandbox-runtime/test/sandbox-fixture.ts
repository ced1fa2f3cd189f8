import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { createDispatcher, createFetch, startRuntime, type RunningRuntime } from '@agentyard/runtime-kit';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { toolsetDocument, USER_CLAIM_HEADER, type ToolsetDocumentInput } from 'agentyard/contract';
import { audienceOf, subjectOf, TestIdentity } from '../../runtime-kit/test/identity-fixture.js';
import { startSandbox } from '../src/index.js';

/** The runtime as it is shipped: bundled by the run's global setup. */
const BUNDLE = path.join(__dirname, '../dist');

/** Puts the bundle of the runtime into a folder. */
export async function copyRuntime(outdir: string): Promise<void> {
  await cp(BUNDLE, outdir, { recursive: true });
}

export interface ToolSource {
  /** Text of the modules and of what else is beside them, by path. */
  readonly modules: Readonly<Record<string, string>>;
  readonly tools: readonly (Partial<ToolsetDocumentInput['tools'][number]> & {
    readonly name: string;
    readonly module: string;
  })[];
}

type Overrides = Partial<Omit<ToolsetDocumentInput, 'tools'>>;

/** A folder with all that a sandbox needs, and the sandbox that was started on it. */
export class SandboxFixture {
  private runtime: RunningRuntime | undefined;
  private readonly clients: Client[] = [];
  private dispatcher = createDispatcher(undefined, {});
  private readonly variables: Record<string, string | undefined> = {};
  /** The cluster and the gateways that the sandbox trusts. */
  public readonly identity: TestIdentity;

  private constructor(public readonly root: string) {
    this.identity = TestIdentity.create(root);
  }

  public static async create(): Promise<SandboxFixture> {
    const fixture = new SandboxFixture(await mkdtemp(path.join(os.tmpdir(), 'sandbox-test-')));
    for (const name of ['tools', 'scratch', 'logs']) await mkdir(path.join(fixture.root, name));
    await copyRuntime(path.join(fixture.root, 'dist'));
    return fixture;
  }

  public get childProgram(): string {
    return path.join(this.root, 'dist/child.mjs');
  }

  public get address(): string {
    return `http://127.0.0.1:${this.runtime?.port}`;
  }

  /** What Prometheus would read. */
  public async metrics(): Promise<string> {
    return (await fetch(`http://127.0.0.1:${this.runtime?.metricsPort}/metrics`)).text();
  }

  /**
   * Writes modules and document; the hashes are right unless a tool says otherwise. The service `tester` may call all
   * tools for itself.
   */
  public async write(source: ToolSource, overrides: Overrides = {}): Promise<void> {
    for (const [name, text] of Object.entries(source.modules)) {
      const file = path.join(this.root, 'tools', name);
      await mkdir(path.dirname(file), { recursive: true });
      await writeFile(file, text);
    }
    const tools = source.tools.map((tool) => ({
      description: 'A tool.',
      allowedRoles: '*' as const,
      inputSchema: { type: 'object' as const },
      sha256: createHash('sha256')
        .update(source.modules[tool.module] ?? '')
        .digest('hex'),
      ...tool,
    }));
    await this.writeDocument(tools, { toolsDirectory: path.join(this.root, 'tools'), ...overrides });
  }

  /** Writes the document of tools that a server has. */
  public async writeServer(
    tools: readonly Omit<ToolsetDocumentInput['tools'][number], 'allowedRoles'>[],
    overrides: Overrides,
  ): Promise<void> {
    const allowed = tools.map((tool) => ({ ...tool, allowedRoles: '*' as const }));
    await this.writeDocument(allowed, overrides);
  }

  private async writeDocument(tools: ToolsetDocumentInput['tools'], overrides: Overrides): Promise<void> {
    const document: ToolsetDocumentInput = {
      kind: 'Toolset',
      version: 1,
      name: 'bench',
      namespace: 'tests',
      listen: { port: 8080 },
      identity: this.identityFor(tools.map(({ name }) => name)),
      scratchDirectory: path.join(this.root, 'scratch'),
      data: [{ name: 'logs', path: path.join(this.root, 'logs') }],
      limits: {},
      shutdown: { graceMs: 5000 },
      ...overrides,
      tools,
    };
    await writeFile(path.join(this.root, 'toolset.json'), JSON.stringify(document));
    const overlay = {
      listen: { host: '127.0.0.1', port: 0 },
      mounts: {},
      hostsFile: path.join(this.root, 'hosts.json'),
    };
    await writeFile(path.join(this.root, 'local.json'), JSON.stringify(overlay));
  }

  private identityFor(tools: string[]): ToolsetDocumentInput['identity'] {
    return {
      audience: audienceOf('bench'),
      trustBundleDirectory: this.identity.trustBundleDirectory,
      callers: [{ name: 'tester', subject: subjectOf('tester'), tools, ownTools: tools }],
    };
  }

  /** The variables with which a runtime finds the document. */
  public get environment(): Record<string, string> {
    return {
      AGENTYARD_DOCUMENT: path.join(this.root, 'toolset.json'),
      AGENTYARD_LOCAL: path.join(this.root, 'local.json'),
      LOG_LEVEL: 'silent',
    };
  }

  /** Starts the sandbox and waits until it is ready, or says why it is not. */
  public async start(): Promise<{ ready: boolean; reasons: string[] }> {
    for (const [name, value] of Object.entries(this.environment)) this.setVariable(name, value);
    this.runtime = await startRuntime('sandbox', toolsetDocument, (context) =>
      startSandbox(context, this.childProgram),
    );
    for (;;) {
      const response = await fetch(`${this.address}/readyz`);
      const { reasons } = (await response.json()) as { reasons: string[] };
      if (!reasons.join().includes('being checked')) return { ready: response.status === 200, reasons };
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** Sets a variable of the runtime's process until the fixture is closed. */
  public setVariable(name: string, value: string): void {
    if (!(name in this.variables)) this.variables[name] = process.env[name];
    process.env[name] = value;
  }

  /** Headers of a call by a service: its token, and the claim that it brings for a user. */
  public async headers(name = 'tester', claim?: string): Promise<Record<string, string>> {
    const authorization = await this.identity.bearer(name, 'bench');
    return { authorization, ...(claim !== undefined && { [USER_CLAIM_HEADER]: claim }) };
  }

  /** A connected MCP client of a service. */
  public async connect(address = this.address, headers?: Record<string, string>): Promise<Client> {
    const client = new Client({ name: 'test', version: '1' });
    const requestInit = { headers: headers ?? (await this.headers()) };
    const fetch = createFetch(this.dispatcher);
    await client.connect(new StreamableHTTPClientTransport(new URL(`${address}/mcp`), { requestInit, fetch }));
    this.clients.push(client);
    return client;
  }

  /** Names of the call folders that are there. */
  public async scratchFolders(): Promise<string[]> {
    return readdir(path.join(this.root, 'scratch'));
  }

  public async stop(): Promise<void> {
    await Promise.all(this.clients.splice(0).map((client) => client.close()));
    // A server that ends waits for connections that are kept.
    await this.dispatcher.destroy();
    this.dispatcher = createDispatcher(undefined, {});
    await this.runtime?.shutdown('test');
    this.runtime = undefined;
  }

  public async close(): Promise<void> {
    await this.stop();
    for (const [name, value] of Object.entries(this.variables)) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
    await rm(this.root, { recursive: true, force: true });
  }
}

/** Pids of all processes that carry the marker of a call or run below the given folder. */
export async function processesOf(folder: string): Promise<number[]> {
  const found: number[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue;
    try {
      const text =
        (await readFile(`/proc/${name}/environ`, 'latin1')) + (await readFile(`/proc/${name}/cmdline`, 'latin1'));
      if (text.includes(folder)) found.push(Number(name));
    } catch {
      // It has ended meanwhile.
    }
  }
  return found;
}

/** Whether a process is halted, as those are that wait for a call. */
export function isHalted(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).startsWith('T');
  } catch {
    return false;
  }
}

/** The text of a tool's result. */
export function textOf(result: { content?: unknown }): string {
  const [first] = result.content as { type: string; text: string }[];
  return first?.text ?? '';
}
