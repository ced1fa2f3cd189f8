import { freePort } from './free-port.js';
import type { Workload } from './workload.js';

/** Ports that gateways listen on: the preferred one and those after it. A gateway keeps its ports. */
export class GatewayPorts {
  private readonly assigned = new Map<string, readonly number[]>();
  private readonly taken = new Set<number>();

  /**
   * @param preferred port of the first gateway; 0 for any
   * @param onNotice told when a port is in use
   */
  public constructor(
    private readonly preferred: number,
    private readonly onNotice: (text: string) => void,
  ) {}

  /** The ports of a workload's replicas; 0, which takes any, for all but gateways. */
  public async portsOf(workload: Workload): Promise<readonly number[]> {
    if (workload.kind !== 'gateway') return Array.from({ length: workload.replicas }, () => 0);
    let ports = this.assigned.get(workload.key);
    if (ports === undefined) {
      ports = await this.assign(workload);
      this.assigned.set(workload.key, ports);
    }
    return ports;
  }

  private async assign(workload: Workload): Promise<number[]> {
    const ports: number[] = [];
    while (ports.length < workload.replicas) {
      const wanted = this.nextPort();
      const port = await freePort(wanted, this.taken);
      if (wanted !== 0 && port !== wanted)
        this.onNotice(`port ${wanted} is in use, the gateway ${workload.name} takes ${port}`);
      this.taken.add(port);
      ports.push(port);
    }
    return ports;
  }

  private nextPort(): number {
    if (this.preferred === 0 || this.taken.size === 0) return this.preferred;
    return Math.min(Math.max(...this.taken) + 1, 65535);
  }
}
