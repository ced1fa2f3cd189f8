import type { INetworkPolicyPeer } from 'cdk8s-plus-29';
import { Construct } from 'constructs';
import type { McpServerInput } from '../lib/contract';
import { deferFault, reportFault } from '../lib/errors/deferred';
import { SynthError } from '../lib/errors/synth-error';
import { isLoopback, isSafe, plainUrl } from '../lib/identity/plain-url';
import { isPort, tcp } from '../lib/network/port';
import { callingTlsFiles, callingTlsVolumes } from '../lib/workload/calling-tls';
import { checkedLabel } from '../lib/workload/names';
import type { MountedVolume } from '../lib/workload/volumes';
import { networkPeersOf } from './foreign-peer';
import type { IMcpServer } from './mcp-server';
import type { McpServerOptions } from './mcp-server-options';
import { McpServerTerms } from './mcp-server-terms';
import { Peer } from './peer';
import { isInCluster, openRemoteHost } from './remote-host';
import { callingTls, withoutTls, type UpstreamTlsOptions } from './upstream-tls';
import type { Workload } from './workload';

/** Options of an MCP server outside of the cluster. */
export interface McpServerUrlOptions extends McpServerOptions {
  /**
   * Its MCP endpoint, an https URL without credentials and query; http for the own machine alone, as in `agentyard dev`.
   */
  readonly url: string;
  /**
   * Blocks of addresses (`Peer.cidr`) that the host may lead to although they are private, for example those of a
   * PrivateLink endpoint.
   * @default - the host may lead to public addresses only
   */
  readonly privateEndpoints?: Peer[];
  /**
   * Authorities and client certificate of the connections to it.
   * @default - the public authorities and those of the cluster's profile; no client certificate
   */
  readonly tlsOptions?: UpstreamTlsOptions;
}

/** Options of an MCP server inside of the cluster that is not of this program. */
export interface McpServerServiceOptions extends McpServerOptions {
  /** Host name of its Service: `hubspot.mcp.svc`. */
  readonly host: string;
  /** The pods that serve it: `Peer.pods`, or a workload of cdk8s-plus. */
  readonly servedBy: Peer | INetworkPolicyPeer;
  /** TCP port of these pods. */
  readonly port: number;
  /**
   * Whether the Service is headless, so that its name leads to the pods: the gateway then chooses among those that are
   * ready, and calls them at `port`.
   * @default false
   */
  readonly headless?: boolean;
  /**
   * Port of the Service, if it is not headless.
   * @default - as `port`
   */
  readonly servicePort?: number;
  /**
   * Whether it speaks TLS. Its certificate has to be for `host`, also where pods of a headless Service are called.
   * @default false
   */
  readonly tls?: boolean;
  /**
   * Authorities and client certificate of the connections to it. Needs `tls`.
   * @default - the public authorities and those of the cluster's profile; no client certificate
   */
  readonly tlsOptions?: UpstreamTlsOptions;
  /**
   * Path of its MCP endpoint.
   * @default /mcp
   */
  readonly path?: string;
}

/** Where a server is, and how the way to it is opened. */
interface Whereabouts {
  readonly endpoint: McpServerInput['endpoint'];
  readonly open: (gateway: Workload) => void;
  readonly volumes?: readonly MountedVolume[];
}

/** Stands for where a server is whose fault fails the synthesis anyway. */
const UNKNOWN: Whereabouts = { endpoint: { by: 'url', url: 'https://unknown.invalid/mcp' }, open: () => undefined };

/** An MCP server that is not of this program. */
export class ForeignMcpServer extends Construct implements IMcpServer {
  public static atUrl(scope: Construct, id: string, options: McpServerUrlOptions): IMcpServer {
    return new ForeignMcpServer(scope, id, options, (place) => atUrl(place, options));
  }

  public static atService(scope: Construct, id: string, options: McpServerServiceOptions): IMcpServer {
    return new ForeignMcpServer(scope, id, options, (place) => atService(place, options));
  }

  public readonly serverName: string;
  public readonly _terms: McpServerTerms;
  private readonly whereabouts: Whereabouts;

  private constructor(
    scope: Construct,
    id: string,
    options: McpServerOptions,
    find: (place: ForeignMcpServer) => Whereabouts,
  ) {
    super(scope, id);
    this.serverName = deferFault(this, () => checkedLabel(this, id), id);
    this._terms = new McpServerTerms(this, options);
    this.whereabouts = deferFault(this, () => find(this), UNKNOWN);
  }

  public get _endpoint(): McpServerInput['endpoint'] {
    return this.whereabouts.endpoint;
  }

  public get _volumes(): readonly MountedVolume[] {
    return this.whereabouts.volumes ?? [];
  }

  public _open(gateway: Workload): void {
    this.whereabouts.open(gateway);
  }
}

function atUrl(place: ForeignMcpServer, { url: text, privateEndpoints, tlsOptions }: McpServerUrlOptions): Whereabouts {
  const url = plainUrl(text);
  if (url === undefined || !isSafe(url)) throw notSafe(place, text);
  const { protocol, hostname, port } = url;
  const { files, volumes } = ownTls(place, tlsOptions, [url.href]);
  const endpoint = { by: 'url' as const, url: url.href, tls: files };
  if (isLoopback(url)) return { endpoint, volumes, open: () => undefined };
  const tls = protocol === 'https:';
  const remote = {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? 443 : Number(port),
    tls,
    privateEndpoints,
  };
  const thing = {
    place,
    name: 'it',
    invalid: 'MCP_SERVER_INVALID' as const,
    example: 'https://mcp.example.com/mcp',
    inCluster: "Use McpServer.fromService, which names them: servedBy: Peer.pods({ namespace: 'mcp', ... })",
  };
  return { endpoint, volumes, open: (gateway) => openRemoteHost(gateway, remote, thing) };
}

function atService(place: ForeignMcpServer, options: McpServerServiceOptions): Whereabouts {
  const { host, servedBy, port, headless = false } = options;
  if (!/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(host)) throw noService(place, host);
  if (headless) refuseOfHeadless(place, options);
  const peers = servedBy instanceof Peer ? [servedBy._network(place.node.path)] : networkPeersOf(servedBy, place);
  return {
    ...serviceEndpoint(place, options),
    open: (gateway) => {
      if (!host.includes('.') || !isInCluster(host, gateway.profile.clusterDomain)) throw noService(place, host);
      for (const peer of peers) gateway.allowTo(peer, tcp(port));
      gateway.names.addServiceHosts(host);
    },
  };
}

function serviceEndpoint(
  place: ForeignMcpServer,
  { host, port, servicePort = port, headless = false, tls = false, ...options }: McpServerServiceOptions,
): Pick<Whereabouts, 'endpoint' | 'volumes'> {
  const { path = '/mcp', tlsOptions } = options;
  checkedPath(place, path);
  for (const each of [port, servicePort]) checkedPort(place, each);
  if (tlsOptions !== undefined && !tls) throw withoutTls(place, 'it');
  const { files, volumes } = ownTls(place, tlsOptions);
  if (headless) return { endpoint: { by: 'pods', host, port, path, ...(tls && { tls: files ?? {} }) }, volumes };
  return {
    endpoint: { by: 'url', url: `${tls ? 'https' : 'http'}://${host}:${servicePort}${path}`, tls: files },
    volumes,
  };
}

/** The path of an endpoint, as a request line has it. @throws SynthError MCP_SERVER_INVALID */
export function checkedPath(place: Construct, path: string): string {
  if (/^\/[!-~]*$/.test(path) && !/[?#]/.test(path)) return path;
  throw new SynthError('MCP_SERVER_INVALID', place, {
    message: `path is "${path}"`,
    remedy: 'Give one that begins with "/", without query, of printable ASCII: /mcp',
  });
}

/** @throws SynthError PORT_INVALID */
export function checkedPort(place: Construct, port: number): number {
  if (isPort(port)) return port;
  throw new SynthError('PORT_INVALID', place, {
    message: `its port ${port} is no port`,
    remedy: 'Give a whole number from 1 to 65535',
  });
}

/** What of TLS is its own, if anything. */
function ownTls(place: ForeignMcpServer, options: UpstreamTlsOptions | undefined, urls?: readonly string[]) {
  if (options === undefined) return {};
  const tls = callingTls(place, options, urls);
  const whom = `server ${place.serverName}`;
  return { files: callingTlsFiles(whom, tls), volumes: callingTlsVolumes(whom, tls) };
}

function refuseOfHeadless(place: ForeignMcpServer, { servicePort }: McpServerServiceOptions): void {
  if (servicePort === undefined) return;
  const fault = {
    message: 'servicePort stands beside headless, and its pods are called by their addresses and port',
    remedy: 'Leave it out, or name a Service that is not headless',
  };
  reportFault(place, new SynthError('MCP_SERVER_INVALID', place, fault));
}

function noService(place: ForeignMcpServer, host: string): SynthError {
  return new SynthError('MCP_SERVER_INVALID', place, {
    message: `"${host}" is no host name of a Service of the cluster`,
    remedy: 'Give its name with its namespace, for example hubspot.mcp.svc; for others use McpServer.fromUrl',
  });
}

function notSafe(place: ForeignMcpServer, text: string): SynthError {
  // What stands before the host may be a password.
  const shown = text.replace(/\/\/[^/@]*@/, '//...@').replace(/[?#].*$/, '?...');
  return new SynthError('MCP_SERVER_INVALID', place, {
    message: `"${shown}" is no https URL without user, query and fragment`,
    remedy:
      'Give one such as https://mcp.example.com/mcp; http is for the own machine alone, and a Service of the cluster is named by McpServer.fromService',
  });
}
