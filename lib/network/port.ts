/** Transport protocols that policies know. */
export type Protocol = 'TCP' | 'UDP' | 'SCTP';

/** One port, or a range of them, of one protocol. There is no form for "all ports". */
export interface PortRange {
  readonly protocol: Protocol;
  readonly port: number;
  /** Last port of a range; absent: the one port. */
  readonly endPort?: number;
}

export function tcp(port: number): PortRange {
  return { protocol: 'TCP', port };
}

/** Whether a number can be a port. */
export function isPort(value: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= 65_535;
}

/** Whether a port is one of a range. */
export function covers({ port, endPort = port }: PortRange, one: number): boolean {
  return port <= one && one <= endPort;
}

/** Order and identity of ports. */
export function portKey({ protocol, port, endPort }: PortRange): string {
  return `${protocol}:${String(port).padStart(5, '0')}-${endPort ?? port}`;
}
