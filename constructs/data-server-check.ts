import type { Duration } from 'cdk8s';
import { SynthError, type SynthFault } from '../lib/errors/synth-error';
import { isPort } from '../lib/network/port';
import type { CaBundle } from './cluster-profile';

const LONGEST_TIMEOUT_MS = 10_000;

/** How a server of data is reached, as programs say it. */
interface DataServerOptions {
  readonly host: string;
  readonly port?: number;
  readonly tls?: boolean;
  readonly authorities?: CaBundle;
  readonly timeout?: Duration;
}

/** What may be wrong with a kind of server, beside how it is reached. */
type FaultOf<Options> = (options: Options) => SynthFault | undefined;

/**
 * Refuses what cannot be a server of data.
 *
 * @param place how the error names it
 * @param example a host name for its remedy
 * @throws SynthError PORT_INVALID, STORE_INVALID
 */
export function checkDataServer<Options extends DataServerOptions>(
  place: string,
  options: Options,
  example: string,
  faultsOf: readonly FaultOf<Options>[],
): void {
  const { port } = options;
  if (port !== undefined && !isPort(port)) {
    const remedy = 'Give a whole number from 1 to 65535';
    throw new SynthError('PORT_INVALID', place, { message: `port is ${port}`, remedy });
  }
  const all: readonly FaultOf<Options>[] = [hostFault(example), ...faultsOf, authoritiesFault, timeoutFault];
  const fault = all.map((faultOf) => faultOf(options)).find((found) => found !== undefined);
  if (fault !== undefined) throw new SynthError('STORE_INVALID', place, fault);
}

const hostFault =
  (example: string): FaultOf<DataServerOptions> =>
  ({ host }) =>
    /^[A-Za-z0-9]([-A-Za-z0-9.]*[A-Za-z0-9])?$/.test(host) && host.length <= 253
      ? undefined
      : { message: `host "${host}" is no host name`, remedy: `Give the name alone, for example ${example}` };

const authoritiesFault: FaultOf<DataServerOptions> = ({ tls = false, authorities }) =>
  tls || authorities === undefined
    ? undefined
    : {
        message: 'authorities are those of its certificate, and the connection is not encrypted',
        remedy: 'Say tls: true, or leave them out',
      };

const timeoutFault: FaultOf<DataServerOptions> = ({ timeout }) => {
  const ms = timeout?.toMilliseconds({ integral: false }) ?? 1;
  return Number.isInteger(ms) && ms >= 1 && ms <= LONGEST_TIMEOUT_MS
    ? undefined
    : { message: `timeout is ${ms} ms`, remedy: 'Give whole milliseconds, up to 10 seconds' };
};
