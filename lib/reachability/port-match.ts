import type { HostPattern } from './host-pattern';
import type { Match } from './match';
import type { Party } from './party';
import { LAST_PORT, type Protocol } from './protocol';

/** Ports that a rule is about, of the side that is called. */
export class PortMatch {
  /** @param protocol absent: any */
  public static all(protocol?: Protocol): PortMatch {
    return new PortMatch(protocol, { first: 1, last: LAST_PORT });
  }

  public static range(first: number, last: number, protocol?: Protocol): PortMatch {
    return new PortMatch(protocol, { first, last });
  }

  /** A port that the containers give a name. */
  public static named(name: string, protocol?: Protocol): PortMatch {
    return new PortMatch(protocol, undefined, name);
  }

  private constructor(
    private readonly protocol: Protocol | undefined,
    private readonly range: { readonly first: number; readonly last: number } | undefined,
    private readonly name: string = '',
    /** Names that may be asked for, if these ports are those of DNS and its questions are filtered. */
    public readonly dnsNames?: readonly HostPattern[],
  ) {}

  /** These ports, where only these names may be asked of DNS. */
  public forNames(dnsNames: readonly HostPattern[]): PortMatch {
    return new PortMatch(this.protocol, this.range, this.name, dnsNames);
  }

  public match(target: Party, port: number, protocol: Protocol): Match {
    if (this.protocol !== undefined && this.protocol !== protocol) return 'no';
    if (this.range !== undefined) return this.range.first <= port && port <= this.range.last ? 'yes' : 'no';
    if (target.pods === undefined) return 'no';
    if (target.pods.ports === undefined) return 'maybe';
    return this.namedPorts(target, protocol).includes(port) ? 'yes' : 'no';
  }

  /** First ports of where the answer may change. */
  public edges(target: Party): number[] {
    if (this.range !== undefined) return [this.range.first, this.range.last + 1];
    return this.namedPorts(target).flatMap((port) => [port, port + 1]);
  }

  private namedPorts({ pods }: Party, protocol = this.protocol): number[] {
    return (pods?.ports ?? []).flatMap((one) =>
      one.name === this.name && (protocol === undefined || one.protocol === protocol) ? [one.port] : [],
    );
  }
}
