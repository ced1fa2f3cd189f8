import { Agent, buildConnector, fetch as undiciFetch, type Dispatcher } from 'undici';
import { EgressProxyError } from './egress-proxy-error.js';
import { Http1Dispatcher, type Http1Options } from './http1/http1-dispatcher.js';
import { LocalHosts, type LocalOverlay } from './local-overlay.js';
import { forwardThrough } from './proxy-forward.js';
import { ProxyTunnel } from './proxy-tunnel.js';
import { portOf, ProxyVariables } from './proxy-variables.js';

export type { Dispatcher } from 'undici';

/** How long a connection is kept, so that new pods get their share of the traffic. */
const CONNECTION_LIFETIME_MS = 60_000;

/** How long a connection is kept after its last answer. */
const IDLE_MS = 10_000;

const OPTIONS: Agent.Options = {
  keepAliveTimeout: IDLE_MS,
  keepAliveMaxTimeout: CONNECTION_LIFETIME_MS,
  clientTtl: CONNECTION_LIFETIME_MS,
  headersTimeout: 0,
  bodyTimeout: 0,
};

const CONNECT_TIMEOUT_MS = 5_000;

/** Errors of connections that did not come about, TLS included. */
const unconnected = new WeakSet<Error>();

/** Whether an error is one of a connection that did not come about: nothing of a request was sent. */
export function isUnconnected(error: unknown): boolean {
  return unconnected.has(error as Error);
}

/** What TLS with the hosts that are called is set up with, beside what it always is. */
export interface ClientTlsOptions {
  /** Authorities that count in place of the public ones, in PEM. */
  readonly ca?: string;
  /** The certificate to show with its chain, in PEM. */
  readonly cert?: string;
  /** Its private key, in PEM. */
  readonly key?: string;
  /** Whom certificates have to be for; absent: the host that is called. */
  readonly servername?: string;
}

/**
 * The dispatcher that a runtime sends HTTP requests through. It honours HTTP_PROXY, HTTPS_PROXY and NO_PROXY.
 * With a local overlay, Service names are looked up in its host map; a Service without a ready replica refuses.
 *
 * @param tls authorities and client certificate towards the hosts that are called, never towards a proxy
 * @throws Error for a variable that names no proxy
 */
export function createDispatcher(
  overlay: LocalOverlay | undefined,
  environment: NodeJS.ProcessEnv = process.env,
  tls: ClientTlsOptions = {},
): Dispatcher {
  const proxies = ProxyVariables.read(environment);
  const hosts = overlay === undefined ? undefined : new LocalHosts(overlay.hostsFile);
  const connector = new OriginConnector(hosts, proxies, tls);
  const agent = new Agent({ ...OPTIONS, connect: connector.connect });
  return proxies.areUnset ? agent : agent.compose(forwardThrough((origin) => connector.proxyFor(origin)));
}

/**
 * The dispatcher to pods, whose addresses a runtime looks up itself: past every proxy. Plain requests cost less than
 * through undici's Agent.
 */
export function createPodDispatcher(overlay: LocalOverlay | undefined): Dispatcher {
  const hosts = overlay === undefined ? undefined : new LocalHosts(overlay.hostsFile);
  const connector = new OriginConnector(hosts, ProxyVariables.read({}), {});
  const others = new Agent({ ...OPTIONS, connect: connector.connect });
  const { connectPlain: connect } = connector;
  return new Http1Dispatcher({ connect, idleMs: IDLE_MS, lifetimeMs: CONNECTION_LIFETIME_MS, others });
}

/**
 * `fetch` through a dispatcher, for libraries that take one. Redirects are answers, not orders: who is called stands
 * in the document, and headers with keys would go along. A refusal of the egress proxy is thrown as it is: libraries
 * ask again after other network errors, which may pass.
 */
export function createFetch(dispatcher: Dispatcher): typeof fetch {
  const send = async (input: Parameters<typeof undiciFetch>[0], init?: Parameters<typeof undiciFetch>[1]) => {
    try {
      return await undiciFetch(input, { ...init, redirect: 'manual', dispatcher });
    } catch (error) {
      const refusal = EgressProxyError.in(error);
      throw refusal?.reason === 'egress-refused' ? refusal : error;
    }
  };
  return send as unknown as typeof fetch;
}

/** How an origin is reached: at a local replica, through a proxy, or directly. */
class OriginConnector {
  private readonly direct: buildConnector.connector;
  private readonly tunnel: ProxyTunnel;

  public constructor(
    private readonly hosts: LocalHosts | undefined,
    private readonly proxies: ProxyVariables,
    tls: ClientTlsOptions,
  ) {
    this.direct = buildConnector({ timeout: CONNECT_TIMEOUT_MS, ...tls });
    this.tunnel = new ProxyTunnel(buildConnector({ timeout: CONNECT_TIMEOUT_MS, allowH2: false }), this.direct);
  }

  /** The proxy of an origin; absent for Services of this platform, and for what is reached directly. */
  public proxyFor(origin: Pick<URL, 'protocol' | 'hostname' | 'port'>): URL | undefined {
    return this.addressesOf(origin) === undefined ? this.proxies.proxyFor(origin) : undefined;
  }

  /** Makes a connection for undici. */
  public readonly connect: buildConnector.connector = (target, take) => this.connectBy(this.direct, target, take);

  /** Makes a connection that is read in its own way, past every proxy. */
  public readonly connectPlain: Http1Options['connect'] = (target, onread, take) =>
    this.connectBy(buildConnector({ timeout: CONNECT_TIMEOUT_MS, onread }), target, take);

  private connectBy(
    direct: buildConnector.connector,
    target: buildConnector.Options,
    take: buildConnector.Callback,
  ): void {
    const callback: buildConnector.Callback = (...[error, socket]) => {
      if (error === null) return take(null, socket);
      unconnected.add(error);
      take(error, null);
    };
    try {
      const addresses = this.addressesOf(target);
      if (addresses !== undefined) return toReplica(direct, addresses, target, callback);
    } catch (error) {
      return callback(error as Error, null);
    }
    const proxy = target.protocol === 'https:' ? this.proxies.proxyFor(target) : undefined;
    if (proxy === undefined) return direct(target, callback);
    this.tunnel.open(proxy, target).then(
      (socket) => callback(null, socket),
      (error: Error) => callback(error, null),
    );
  }

  private addressesOf(origin: Pick<URL, 'protocol' | 'hostname' | 'port'>): readonly string[] | undefined {
    return this.hosts?.addressesOf(origin.hostname, Number(portOf(origin)));
  }
}

function toReplica(
  direct: buildConnector.connector,
  addresses: readonly string[],
  target: buildConnector.Options,
  callback: buildConnector.Callback,
): void {
  const address = addresses[Math.floor(Math.random() * addresses.length)];
  if (address === undefined) return callback(new Error(`no replica of ${target.hostname} is ready`), null);
  const [hostname = '', port = ''] = address.split(':');
  direct({ ...target, hostname, port }, callback);
}
