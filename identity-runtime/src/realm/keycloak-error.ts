import { EgressProxyError } from '@agentyard/runtime-kit';

/** Longest part of an answer that is repeated. */
const LONGEST_REASON = 300;

/** Names of errors that time limits end with. */
const LATE = ['TimeoutError', 'HeadersTimeoutError', 'BodyTimeoutError', 'ConnectTimeoutError'];

const READ_THE_LOG = 'read the log of Keycloak; the job tries again';
const STANDS_IN_FRONT =
  'see what stands in front of Keycloak: paths below /realms and /admin must lead to it from where the job runs';

/** What to do about a refusal. */
const REMEDIES: Readonly<Record<number, string>> = {
  400: 'correct what Keycloak names in the program, or in the realm',
  401: 'see that client-id and client-secret of the administrator are right, and of which realm the client is',
  403: 'give the administrator the roles manage-realm, manage-clients and manage-users for the realm',
  404: 'somebody has removed it meanwhile; the job tries again',
  409: 'somebody has made the same meanwhile; the job tries again',
};

/** What a failure is about. */
export interface KeycloakFailure {
  /** Path of the URL that was asked for, or the file or variable that is wrong. */
  readonly place: string;
  /** What happened. */
  readonly reason: string;
  readonly remedy: string;
}

/** An answer of Keycloak, or of what stands in front of it. */
export interface Answer {
  readonly status: number;
  readonly text: string;
}

/** A realm cannot be brought into line. The message holds no secret. */
export class KeycloakError extends Error implements KeycloakFailure {
  /** A refusal, with the reason that Keycloak gives. @param asked the method, or in words what was asked for */
  public static refused(place: string, asked: string, { status, text }: Answer): KeycloakError {
    const reason = reasonIn(text);
    const isOfKeycloak = reason !== undefined || text === '' || status >= 500;
    return new KeycloakError({
      place,
      reason: `Keycloak answered ${status} to ${asked}${reason ? ` (${reason})` : ''}`,
      remedy: isOfKeycloak ? (REMEDIES[status] ?? READ_THE_LOG) : STANDS_IN_FRONT,
    });
  }

  /** No answer, or one that breaks off. */
  public static unreachable(place: string, url: string, cause: unknown): KeycloakError {
    return new KeycloakError({
      place,
      reason: `Keycloak cannot be reached at ${url}: ${EgressProxyError.in(cause)?.message ?? causeOf(cause)}`,
      remedy: 'see that it runs there, and that the job may connect to it: the `server` of the realm says where it is',
    });
  }

  /** An answer that is not Keycloak's. */
  public static unreadable(place: string, asked: string, what: string): KeycloakError {
    return new KeycloakError({ place, reason: `the answer to ${asked} ${what}`, remedy: STANDS_IN_FRONT });
  }

  public readonly place: string;
  public readonly reason: string;
  public readonly remedy: string;

  public constructor({ place, reason, remedy }: KeycloakFailure) {
    super(`${place}: ${reason}; ${remedy}`);
    this.name = 'KeycloakError';
    this.place = place;
    this.reason = reason;
    this.remedy = remedy;
  }
}

/** What Keycloak says of a refusal; absent if it is not Keycloak that answers. */
export function reasonIn(text: string): string | undefined {
  const answer = parsedJson(text);
  if (typeof answer !== 'object' || answer === null) return undefined;
  const { errorMessage, error, error_description: description } = answer as Readonly<Record<string, unknown>>;
  const given = [errorMessage, error, description].filter((reason) => typeof reason === 'string').join(', ');
  return given === '' ? undefined : given.slice(0, LONGEST_REASON);
}

/** The value of a JSON text; absent if it is none. */
export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** In a word: the error codes of networks stand in causes, and that of a time limit is a number. */
function causeOf(error: unknown): string {
  const { name, code, cause } = (error ?? {}) as { name?: string; code?: unknown; cause?: unknown };
  if (name !== undefined && LATE.includes(name)) return 'no whole answer in time';
  if (typeof code === 'string') return code;
  return cause === undefined || cause === error ? (name ?? 'unknown') : causeOf(cause);
}
