import { freePort } from './free-port.js';
import type { Workload } from './workload.js';

/** Name of the port at which the pods of a workload call each other. */
export const PEERS = 'peers';

/** The ports of one replica. */
export interface ReplicaPorts {
  /** Port that it listens on; 0 for any. */
  readonly port: number;
  /** Port at which it takes what other replicas pass on; absent for what has no peers. */
  readonly peerPort?: number;
}

/**
 * Ports that gateways listen on: the preferred one and those after it, and for each replica any that is free where others
 * of the gateway call it. A gateway keeps its ports.
 */
export class GatewayPorts {
  private readonly assigned = new Map<string, readonly ReplicaPorts[]>();
  private readonly taken = new Set<number>();
  /** The last one that a gateway listens on. */
  private last: number | undefined;

  /**
   * @param preferred port of the first gateway; 0 for any
   * @param onNotice told when a port is in use
   */
  public constructor(
    private readonly preferred: number,
    private readonly onNotice: (text: string) => void,
  ) {}

  /** The ports of a workload's replicas; any for all but gateways. */
  public async portsOf(workload: Workload): Promise<readonly ReplicaPorts[]> {
    if (workload.kind !== 'gateway') return Array.from({ length: workload.replicas }, () => ({ port: 0 }));
    let ports = this.assigned.get(workload.key);
    if (ports === undefined) {
      ports = await this.assign(workload);
      this.assigned.set(workload.key, ports);
    }
    return ports;
  }

  private async assign(workload: Workload): Promise<ReplicaPorts[]> {
    const hasPeers = workload.ports.some(({ name }) => name === PEERS);
    const ports: number[] = [];
    while (ports.length < workload.replicas) ports.push(await this.nextPort(workload));
    const all: ReplicaPorts[] = [];
    for (const port of ports) all.push({ port, peerPort: hasPeers ? await this.take(0) : undefined });
    return all;
  }

  private async nextPort(workload: Workload): Promise<number> {
    const wanted = this.last === undefined || this.preferred === 0 ? this.preferred : Math.min(this.last + 1, 65535);
    const port = await this.take(wanted);
    if (wanted !== 0 && port !== wanted)
      this.onNotice(`port ${wanted} is in use, the gateway ${workload.name} takes ${port}`);
    this.last = port;
    return port;
  }

  private async take(wanted: number): Promise<number> {
    const port = await freePort(wanted, this.taken);
    this.taken.add(port);
    return port;
  }
}
