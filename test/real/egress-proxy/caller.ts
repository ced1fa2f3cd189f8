import type { ChildProcess } from 'node:child_process';
import path from 'node:path';
import { linesOf, type Line } from './lines';
import type { Pod } from './network';
import { until } from './until';
import type { ProxyEnd } from './workload';

/** Attempts of one order, few enough to be answered soon. */
const PART = 400;

/** One attempt to get to a server, through a proxy or to an address of it. */
export type Attempt = {
  readonly host: string;
  readonly port: number;
  /** Whether TLS is spoken, in a tunnel if there is a proxy; else plain HTTP. */
  readonly tls: boolean;
  readonly serverName: string;
} & ({ readonly proxy: ProxyEnd } | { readonly address: string });

/** How an attempt ended. */
export interface Outcome {
  /** Address and port of the server that answered, and the name that it was asked for. */
  readonly at?: string;
  readonly port?: number;
  readonly name?: string;
  /** Status of the proxy's answer. */
  readonly status?: number;
  readonly error?: string;
}

/** Makes connections for many workloads, of which each is known by the port of the proxy that it calls. */
export class Caller {
  private readonly child: ChildProcess;
  private readonly answers: Line[];
  private count = 0;

  public constructor(public readonly pod: Pod) {
    this.child = pod.start([process.execPath, path.join(__dirname, 'caller-process.mjs')]);
    this.answers = linesOf(this.child);
  }

  /** Makes attempts, many at once. */
  public async make(attempts: readonly Attempt[]): Promise<Outcome[]> {
    const outcomes: Outcome[] = [];
    for (let i = 0; i < attempts.length; i += PART) {
      outcomes.push(...(await this.answer(attempts.slice(i, i + PART))));
    }
    return outcomes;
  }

  private async answer(attempts: readonly Attempt[]): Promise<Outcome[]> {
    const id = (this.count += 1);
    this.child.stdin?.write(`${JSON.stringify({ id, attempts })}\n`);
    return (await until(() => this.answers.find((line) => line.id === id))).outcomes as Outcome[];
  }
}
