import type { IConstruct } from 'constructs';
import { SynthError } from '../lib/errors/synth-error';
import { isLoopback, isSafe, plainUrl } from '../lib/identity/plain-url';

/** Owners of public URLs, by program and host with path. */
const taken = new WeakMap<IConstruct, Map<string, IConstruct>>();

/** The URL by which the clients of a gateway know it: its host and path belong to this gateway alone. */
export class PublicUrl {
  /**
   * Checks the URL and takes its host and path for a gateway.
   *
   * @throws SynthError PUBLIC_URL_INVALID, PUBLIC_URL_TAKEN
   */
  public static claim(gateway: IConstruct, text: string): PublicUrl {
    const url = new PublicUrl(checked(gateway, text));
    const owners = taken.get(gateway.node.root) ?? new Map<string, IConstruct>();
    taken.set(gateway.node.root, owners);
    const key = `${url.host}${url.path}`;
    const owner = owners.get(key) ?? [...owners].find(([other]) => isPathOf(other, key) || isPathOf(key, other))?.[1];
    if (owner !== undefined && owner !== gateway) {
      throw new SynthError('PUBLIC_URL_TAKEN', gateway, {
        message: `${owner.node.path} has the host and path of ${text} already`,
        remedy: 'Give each gateway a host or a path of its own, none of them below what another serves',
      });
    }
    owners.set(key, gateway);
    return url;
  }

  private constructor(private readonly url: URL) {}

  /** Host, with its port if that is not the usual one. */
  public get host(): string {
    return this.url.host;
  }

  /** Path without an end in `/`: empty for the root. */
  public get path(): string {
    return this.url.pathname.replace(/\/+$/, '');
  }

  /** The whole URL, in its one form: as clients name the resource (RFC 8707). */
  public get text(): string {
    return `${this.url.origin}${this.path}`;
  }

  /** Whether it is of the own machine, so that nobody else is meant. */
  public get isLocal(): boolean {
    return isLoopback(this.url);
  }
}

/** What a gateway serves below its public URL. */
const SERVED = ['/a2a', '/mcp', '/v1'];

/** Whether a host with path is what another one's gateway serves. */
function isPathOf(other: string, key: string): boolean {
  return SERVED.some((path) => key === other + path || key.startsWith(`${other}${path}/`));
}

function checked(gateway: IConstruct, text: string): URL {
  const url = plainUrl(text);
  if (url !== undefined && isSafe(url)) return url;
  throw new SynthError('PUBLIC_URL_INVALID', gateway, {
    message: `publicUrl is "${text}"`,
    remedy: 'Give an https URL of host and path alone, for example https://mcp.example.com',
  });
}
