import type { ChildProcess } from 'node:child_process';
import path from 'node:path';
import { linesOf, type Line } from './lines';
import type { Pod } from './network';
import { until } from './until';

/** How an attempt to speak TLS through the proxy ended. */
export interface TunnelResult {
  /** Status of the answer to CONNECT. */
  readonly status?: number;
  /** Common name of the certificate that was presented. */
  readonly subject?: string;
  /** Address that was reached. */
  readonly at?: string;
  readonly serverName?: string;
  /** What came back for a hello that is not TLS. */
  readonly got?: string;
  readonly error?: string;
}

export interface TunnelOrder {
  /** `name:port` */
  readonly target: string;
  /** @default the name that is asked for */
  readonly serverName?: string;
  /** How long to wait before TLS begins. */
  readonly waitMs?: number;
  /** Sent in place of a TLS hello, a text or bytes; `tls` sends the hello and nothing after it. */
  readonly hello?: string | { readonly base64: string };
  /** Sent a moment after that. */
  readonly next?: string;
  /** Header lines of the CONNECT request. */
  readonly head?: string;
  /** Keeps the tunnel open under this name. */
  readonly keep?: string;
}

export interface HttpResult {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly error?: string;
}

export interface Readiness {
  readonly looks: number;
  readonly notReady: readonly number[];
  readonly allAtOnce: number;
}

/** The end of a proxy that a workload talks to. */
export interface ProxyEnd {
  readonly host: string;
  readonly port: number;
}

/** A workload in a pod of its own. */
export class Workload {
  private readonly child: ChildProcess;
  private readonly answers: Line[];
  private count = 0;

  public constructor(public readonly pod: Pod) {
    this.child = pod.start([process.execPath, path.join(__dirname, 'workload-process.mjs')]);
    this.answers = linesOf(this.child);
  }

  /** Asks a proxy for a tunnel, and sets up TLS in it. */
  public tunnel(proxy: ProxyEnd, order: TunnelOrder): Promise<TunnelResult> {
    return this.order('tunnel', { proxy, ...order });
  }

  /** Whether a kept tunnel still carries bytes. */
  public async isOpen(keep: string): Promise<boolean> {
    return (await this.order<{ open: boolean }>('isOpen', { keep })).open;
  }

  public close(keep: string): Promise<unknown> {
    return this.order('close', { keep });
  }

  /** Sends a request to a proxy, or to a server. */
  public request(proxy: ProxyEnd, target: string, more: Record<string, unknown> = {}): Promise<HttpResult> {
    return this.order('request', { proxy, target, ...more });
  }

  /** Whether a connection can be made without a proxy. */
  public async connects(host: string, port: number): Promise<boolean> {
    return (await this.order<{ connected: boolean }>('connect', { host, port })).connected;
  }

  public watchReadiness(hosts: readonly string[]): Promise<unknown> {
    return this.order('watchReadiness', { hosts });
  }

  public readinessSeen(): Promise<Readiness> {
    return this.order('readinessSeen', {});
  }

  private async order<T>(order: string, input: object): Promise<T> {
    const id = (this.count += 1);
    this.child.stdin?.write(`${JSON.stringify({ id, order, ...input })}\n`);
    const { id: _, ...answer } = await until(() => this.answers.find((line) => line.id === id));
    return answer as T;
  }
}
