import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Client } from '@modelcontextprotocol/client';
import type { SandboxFixture } from './sandbox-fixture.js';

export type Line = Record<string, unknown>;

/** What is no JSON is the report of a crash: kept, so that a failing test shows it. */
function lineOf(text: string): Line {
  return text.startsWith('{') ? (JSON.parse(text) as Line) : { text };
}

/** The bundled runtime as a process, and the log lines that it writes. */
export class RuntimeProcess {
  public readonly lines: Line[] = [];
  private readonly child: ChildProcess;

  public constructor(
    private readonly sandbox: SandboxFixture,
    prefix: readonly string[] = [],
  ) {
    const [command = '', ...args] = [...prefix, process.execPath, path.join(sandbox.root, 'dist/main.mjs')];
    this.child = spawn(command, args, { env: { PATH: process.env.PATH, ...sandbox.environment, LOG_LEVEL: 'info' } });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      if (stream !== null) createInterface(stream).on('line', (line) => this.lines.push(lineOf(line)));
    }
  }

  public get pid(): number | undefined {
    return this.child.pid;
  }

  public async exit(): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, 'close');
    return this.child.exitCode;
  }

  public async line(event: string): Promise<Line> {
    for (;;) {
      const found = this.lines.find((line) => line.event === event);
      if (found !== undefined) return found;
      if (this.child.exitCode !== null || this.child.signalCode !== null)
        throw new Error(`ended without ${event}: ${JSON.stringify(this.lines)}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** Where it listens, once it does. */
  public async address(): Promise<string> {
    const { port } = await this.line('listening');
    return `http://127.0.0.1:${port as number}`;
  }

  /** A connected MCP client of a service, once the runtime is ready. */
  public async connect(headers?: Record<string, string>): Promise<Client> {
    const address = await this.address();
    while (!(await fetch(`${address}/readyz`)).ok) await new Promise((resolve) => setTimeout(resolve, 10));
    return this.sandbox.connect(address, headers);
  }

  /** With SIGKILL `unshare` ends, and the whole namespace with it; it lets no other signal through. */
  public async stop(signal: NodeJS.Signals): Promise<void> {
    this.child.kill(signal);
    await this.exit();
  }
}
