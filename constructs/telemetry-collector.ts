import type { IConstruct } from 'constructs';
import { SynthError } from '../lib/errors/synth-error';
import { isLoopback, isSafe, plainUrl } from '../lib/identity/plain-url';
import { isPort, tcp } from '../lib/network/port';
import type { Peer } from './peer';
import { isInCluster, openRemoteHost } from './remote-host';
import type { Workload } from './workload';

/** Options of a collector that takes OTLP over HTTP. */
export interface OtlpCollectorOptions {
  /**
   * Its URL: `http://otel-collector.observability.svc:4318`, without the path of a signal. http is for collectors of the
   * cluster and of the own machine, https for those outside.
   */
  readonly url: string;
  /**
   * The pods or addresses of the cluster behind it: `Peer.pods` or `Peer.cidr`.
   * @default - it is outside of the cluster, and opened by name by the egress engine of the profile
   */
  readonly servedBy?: Peer;
  /**
   * Port of these pods.
   * @default - that of the URL
   */
  readonly podPort?: number;
}

/** Where traces are sent. */
export class TelemetryCollector {
  /** A collector of OpenTelemetry, or whatever else takes OTLP over HTTP in protobuf. */
  public static otlp(options: OtlpCollectorOptions): TelemetryCollector {
    const url = plainUrl(options.url);
    const { servedBy, podPort } = options;
    if (url === undefined || !(isSafe(url) || (url.protocol === 'http:' && servedBy !== undefined)))
      throw noUrl(options);
    if (podPort !== undefined && !isPort(podPort)) {
      throw new SynthError('PORT_INVALID', PLACE, {
        message: `podPort is ${podPort}`,
        remedy: 'Give a whole number from 1 to 65535',
      });
    }
    if (podPort !== undefined && servedBy === undefined) {
      throw new SynthError('TELEMETRY_INVALID', PLACE, {
        message: 'podPort stands beside no servedBy, and no pods are known',
        remedy: 'Name the pods too: servedBy: Peer.pods({ ... })',
      });
    }
    return new TelemetryCollector(url, servedBy, podPort);
  }

  private readonly url: URL;
  private readonly servedBy?: Peer;
  private readonly podPort?: number;

  private constructor(url: URL, servedBy?: Peer, podPort?: number) {
    this.url = url;
    this.servedBy = servedBy;
    this.podPort = podPort;
  }

  /** URL that spans are posted to. @internal */
  public get _tracesEndpoint(): string {
    return `${this.url.href.replace(/\/$/, '')}/v1/traces`;
  }

  /** Opens the way of a workload to it. @internal */
  public _open(workload: Workload, place: IConstruct): void {
    const { url, servedBy } = this;
    if (servedBy === undefined && isLoopback(url)) return;
    const host = url.hostname.replace(/^\[|\]$/g, '');
    const tls = url.protocol === 'https:';
    const port = url.port === '' ? (tls ? 443 : 80) : Number(url.port);
    if (servedBy === undefined) return openRemoteHost(workload, { host, port, tls }, { place, ...THING });
    if (!host.includes('.') || !isInCluster(host, workload.profile.clusterDomain)) throw noService(place, host);
    workload.allowTo(servedBy._network(PLACE), tcp(this.podPort ?? port));
    workload.names.addServiceHosts(host);
  }
}

const PLACE = 'TelemetryCollector.otlp';

const THING = {
  name: 'the telemetry collector',
  invalid: 'TELEMETRY_INVALID' as const,
  example: 'https://otlp.example.com',
  inCluster: "Name the pods behind it: servedBy: Peer.pods({ namespace: 'observability', ... })",
};

function noUrl({ url: text, servedBy }: OtlpCollectorOptions): SynthError {
  // What stands before the host may be a password, and a query a key.
  const shown = text.replace(/\/\/[^/@]*@/, '//...@').replace(/[?#].*$/, '?...');
  const remedy =
    servedBy === undefined
      ? 'Give one such as https://otlp.example.com; for a collector of the cluster by http, name its pods: servedBy'
      : 'Give one such as http://otel-collector.observability.svc:4318';
  return new SynthError('TELEMETRY_INVALID', PLACE, {
    message: `"${shown}" is no ${servedBy === undefined ? 'https' : 'http or https'} URL without user, query and fragment`,
    remedy,
  });
}

function noService(place: IConstruct, host: string): SynthError {
  return new SynthError('TELEMETRY_INVALID', place, {
    message: `the telemetry collector is served by pods, and "${host}" is no host name of a Service of the cluster`,
    remedy: 'Give its name with its namespace: http://otel-collector.observability.svc:4318',
  });
}
