import type { IConstruct } from 'constructs';
import { routeHeaderName, routeHeaderValue, type RouteHeader } from '../lib/contract';
import { SynthError } from '../lib/errors/synth-error';
import { secretInVariable } from '../lib/hardening/secret-text';
import { checkPattern } from './route-pattern';

/**
 * What a header of a request has to be. Clients send what they like, so it says where a request goes, never who may
 * send it. Names that carry credentials, or belong to a connection, are refused.
 */
export class HeaderMatch {
  /**
   * A header with this value, in this case and as a whole.
   *
   * @param name name of the header, in any case
   * @param value printable ASCII; of a header that is sent more than once all values, joined by `, `
   */
  public static exact(name: string, value: string): HeaderMatch {
    return new HeaderMatch({ by: 'value', name: name.toLowerCase(), value });
  }

  /**
   * A header in whose value a pattern is found.
   *
   * @param name name of the header, in any case
   * @param pattern regular expression in RE2 syntax, unanchored, case-sensitive (`(?i)` makes it insensitive)
   */
  public static pattern(name: string, pattern: string): HeaderMatch {
    return new HeaderMatch({ by: 'pattern', name: name.toLowerCase(), pattern });
  }

  private constructor(private readonly config: RouteHeader) {}

  /** Throws ROUTE_HEADER_INVALID, ROUTE_PATTERN_INVALID, SECRET_IN_TEXT. @internal */
  public _configFor(route: IConstruct): RouteHeader {
    const { config } = this;
    check(route, `"${config.name}" is no header that a route may go by`, routeHeaderName.safeParse(config.name));
    if (config.by === 'pattern') checkPattern(config.pattern, route);
    else checkValue(route, config.name, config.value);
    return config;
  }
}

function checkValue(route: IConstruct, name: string, value: string): void {
  const secret = secretInVariable(name.replaceAll('-', '_'), value);
  if (secret !== undefined) {
    throw new SynthError('SECRET_IN_TEXT', route, {
      message: `the value of the header ${name} looks like ${secret}, and would stand in manifests`,
      remedy: 'Use a role for who may, and revoke the value if it is real',
    });
  }
  check(route, `"${value}" is no value of the header ${name}`, routeHeaderValue.safeParse(value));
}

function check(route: IConstruct, what: string, { error }: ReturnType<typeof routeHeaderName.safeParse>): void {
  if (error === undefined) return;
  throw new SynthError('ROUTE_HEADER_INVALID', route, {
    message: `${what}: it ${error.issues.map(({ message }) => message).join(', ')}`,
    remedy: "Name a header of the request with its value: HeaderMatch.exact('x-tenant', 'acme')",
  });
}
