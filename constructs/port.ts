import { SynthError } from '../lib/errors/synth-error';
import { isPort, type PortRange, type Protocol } from '../lib/network/port';

/** A port, or a range of ports, of one protocol. There is no "all ports". */
export class Port {
  /** One TCP port. @param port 1 to 65535 */
  public static tcp(port: number): Port {
    return new Port('TCP', port);
  }

  /** TCP ports from one to another, both included. */
  public static tcpRange(first: number, last: number): Port {
    return new Port('TCP', first, last);
  }

  /** One UDP port. @param port 1 to 65535 */
  public static udp(port: number): Port {
    return new Port('UDP', port);
  }

  /** UDP ports from one to another, both included. */
  public static udpRange(first: number, last: number): Port {
    return new Port('UDP', first, last);
  }

  /** @internal */
  public readonly _range: PortRange;

  private constructor(protocol: Protocol, port: number, endPort?: number) {
    if (!isPort(port) || (endPort !== undefined && !(isPort(endPort) && endPort > port))) {
      throw new SynthError('PORT_INVALID', 'Port', {
        message: `${endPort === undefined ? port : `${port}-${endPort}`} is no ${endPort === undefined ? 'port' : 'range of ports'}`,
        remedy: 'Give whole numbers from 1 to 65535, the first of a range below its last',
      });
    }
    this._range = endPort === undefined ? { protocol, port } : { protocol, port, endPort };
  }
}
