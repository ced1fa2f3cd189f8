import { Deferred } from '../processes/deferred';

const NEWLINE = 10;

/** Where a gateway listens. */
export interface GatewayPorts {
  readonly port: number;
  readonly metricsPort: number;
}

/** What a gateway writes: where it listens, and then lines that are only counted, so that reading them costs little. */
export class GatewayOutput {
  private readonly found = new Deferred<GatewayPorts>();
  private begin = '';
  private isFound = false;
  private lines = 0;

  /** Where it listens, once that is known. */
  public get ports(): Promise<GatewayPorts> {
    return this.found.promise;
  }

  public take(chunk: Buffer): void {
    for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, at + 1)) this.lines += 1;
    if (!this.isFound) this.readPorts(chunk.toString());
  }

  /** @throws Error when a request has left no line */
  public refuseMissingLines(requests: number): void {
    if (this.lines >= requests) return;
    throw new Error(`the gateway wrote ${this.lines} lines, and its metrics say ${requests} requests`);
  }

  private readPorts(text: string): void {
    this.begin += text;
    const portIn = (event: string): string | undefined =>
      new RegExp(`"event":"${event}","port":(\\d+)`).exec(this.begin)?.[1];
    const port = portIn('listening');
    const metricsPort = portIn('metrics-listening');
    if (port === undefined || metricsPort === undefined) return;
    this.isFound = true;
    this.found.resolve({ port: Number(port), metricsPort: Number(metricsPort) });
  }
}
