const VARIABLES = { 'http:': 'HTTP_PROXY', 'https:': 'HTTPS_PROXY' } as const;
const DEFAULT_PORTS: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' };

/** One entry of NO_PROXY. */
interface Exception {
  /** Host name, `.suffix`, or `*`. */
  readonly host: string;
  /** Absent: every port. */
  readonly port: string | undefined;
}

/**
 * Which proxy a request goes through, by the variables that curl, Go and Node read: HTTP_PROXY, HTTPS_PROXY and
 * NO_PROXY, lower case first. NO_PROXY holds exact names, `.suffix` (names below it), `host:port` and `*`; ranges of
 * addresses are not known. Loopback is always reached directly.
 */
export class ProxyVariables {
  private constructor(
    private readonly proxies: ReadonlyMap<string, URL>,
    private readonly exceptions: readonly Exception[],
  ) {}

  /** @throws Error naming the variable that is no http or https URL, and not its value, which may hold a password */
  public static read(environment: NodeJS.ProcessEnv = process.env): ProxyVariables {
    const proxies = Object.entries(VARIABLES).flatMap(([protocol, name]) => {
      const value = valueOf(environment, name);
      return value === '' ? [] : [[protocol, proxyUrl(name, value)] as const];
    });
    const exceptions = valueOf(environment, 'NO_PROXY')
      .split(/[\s,]+/)
      .filter(Boolean);
    return new ProxyVariables(new Map(proxies), exceptions.map(exceptionOf));
  }

  /** Whether no variable names a proxy. */
  public get areUnset(): boolean {
    return this.proxies.size === 0;
  }

  /** The proxy of an origin; absent when it is reached directly. */
  public proxyFor(origin: Pick<URL, 'protocol' | 'hostname' | 'port'>): URL | undefined {
    const proxy = this.proxies.get(origin.protocol);
    if (proxy === undefined) return undefined;
    const host = plainHost(origin.hostname);
    const port = portOf(origin);
    if (isLoopback(host) || this.exceptions.some((exception) => covers(exception, host, port))) return undefined;
    return this.isProxy(host, port) ? undefined : proxy;
  }

  private isProxy(host: string, port: string): boolean {
    return [...this.proxies.values()].some((proxy) => plainHost(proxy.hostname) === host && portOf(proxy) === port);
  }
}

/** The port of an origin, also when it is the one of its protocol and therefore not written. */
export function portOf({ protocol, port }: Pick<URL, 'protocol' | 'port'>): string {
  return port === '' ? (DEFAULT_PORTS[protocol] ?? '') : port;
}

function valueOf(environment: NodeJS.ProcessEnv, name: string): string {
  return (environment[name.toLowerCase()] ?? environment[name] ?? '').trim();
}

function proxyUrl(name: string, value: string): URL {
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : `http://${value}`);
  if (url !== null && VARIABLES[url.protocol as keyof typeof VARIABLES] !== undefined) return url;
  throw new Error(`${name} must be the http or https URL of a proxy, such as http://proxy.example:3128; correct it`);
}

function exceptionOf(entry: string): Exception {
  const [, host = entry, port] = /^(\[.+\]|[^:]+|\*)(?::(\d+))?$/.exec(entry) ?? [];
  return { host: plainHost(host.replace(/^\*\./, '.')), port };
}

/** Lower case, without the brackets of an IPv6 address and the dot that ends a complete name. */
function plainHost(host: string): string {
  return host
    .toLowerCase()
    .replace(/^\[(.+)\]$/, '$1')
    .replace(/(.)\.$/, '$1');
}

function covers(exception: Exception, host: string, port: string): boolean {
  if (exception.port !== undefined && exception.port !== port) return false;
  if (exception.host === '*' || exception.host === host) return true;
  return exception.host.startsWith('.') && host.endsWith(exception.host);
}

function isLoopback(host: string): boolean {
  return /^((.+\.)?localhost|127(\.\d{1,3}){3}|::1|::ffff:7f[\da-f]{2}:[\da-f]{1,4})$/.test(host);
}
