import path from 'node:path';
import { linesOf, type Line } from './lines';
import type { Network, Pod } from './network';
import { until } from './until';

/** Servers at many addresses, which speak TLS and plain HTTP at every port, and a company's proxy in front of them. */
export class Origins {
  public readonly pod: Pod;
  private readonly lines: Line[];

  /**
   * @param addresses of the servers, and of the company's proxy
   * @param certificate file with a key and its certificate
   * @param parentPort of the company's proxy
   */
  public constructor(
    network: Network,
    addresses: readonly string[],
    certificate: string,
    ports: readonly number[],
    parentPort: number,
  ) {
    this.pod = network.addPod('origins');
    network.addAddresses(this.pod, ...addresses);
    const program = path.join(__dirname, 'origin-process.mjs');
    this.lines = linesOf(
      this.pod.start([process.execPath, program, certificate, ...[parentPort, ...ports].map(String)]),
    );
  }

  public async ready(): Promise<void> {
    await until(() => this.lines.find(({ event }) => event === 'ready'));
  }
}
