import type { IncomingHttpHeaders } from 'node:http';
import type { Route, RouteHeader } from 'agentyard/contract';
import { RE2JS } from 're2js';

/** What of a request routes go by, beside what it asks for. */
export interface RoutedRequest {
  readonly headers: IncomingHttpHeaders;
  /** Of the caller. */
  readonly roles: ReadonlySet<string>;
}

/** Whether the conditions of a route hold for a request. */
export type Conditions = (request: RoutedRequest) => boolean;

/** Holds for every request. */
export const ALWAYS: Conditions = () => true;

/** Compiles the conditions of a match: each of its headers, and one of its roles. */
export function conditionsOf({ headers = [], callerRoles }: Route['match']): Conditions {
  const tests = headers.map(headerCondition);
  if (callerRoles !== undefined) tests.push(({ roles }) => callerRoles.some((role) => roles.has(role)));
  return tests.length === 0 ? ALWAYS : (request) => tests.every((holds) => holds(request));
}

/** A field that is sent more than once has all of its values, joined by commas (RFC 9110, 5.2). */
function headerCondition(header: RouteHeader): Conditions {
  const { name } = header;
  const isRight = header.by === 'value' ? (value: string) => value === header.value : patternTest(header.pattern);
  return ({ headers }) => {
    const value = Object.hasOwn(headers, name) ? headers[name] : undefined;
    return typeof value === 'string' && isRight(value);
  };
}

function patternTest(text: string): (value: string) => boolean {
  const pattern = RE2JS.compile(text);
  return (value) => pattern.test(value);
}
