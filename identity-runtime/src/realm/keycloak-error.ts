/** Longest part of an answer that is repeated. */
const LONGEST_REASON = 300;

/** Keycloak cannot be reached, or refuses. The message holds no secret. */
export class KeycloakError extends Error {
  /** A refusal: what was asked, and the reason that Keycloak gives. */
  public static async of(response: Response, asked: string): Promise<KeycloakError> {
    const reason = reasonIn(await response.text());
    const hint = HINTS[response.status];
    return new KeycloakError(`Keycloak answered ${response.status} to ${asked}${reason}${hint ? `; ${hint}` : ''}`);
  }

  public static unreachable(url: string, cause: Error): KeycloakError {
    const { code } = (cause.cause ?? cause) as NodeJS.ErrnoException;
    return new KeycloakError(`Keycloak cannot be reached at ${url}: ${code ?? cause.message}`);
  }

  public constructor(message: string) {
    super(message);
    this.name = 'KeycloakError';
  }
}

const HINTS: Readonly<Record<number, string>> = {
  401: 'see that client-id and client-secret of the administrator are right, and of which realm the client is',
  403: 'the administrator needs the roles manage-realm, manage-clients and manage-users for the realm',
};

function reasonIn(text: string): string {
  try {
    const answer = JSON.parse(text) as Readonly<Record<string, unknown>>;
    const reasons = [answer.errorMessage, answer.error, answer.error_description];
    const given = reasons.filter((reason) => typeof reason === 'string').join(', ');
    return given === '' ? '' : ` (${given.slice(0, LONGEST_REASON)})`;
  } catch {
    return '';
  }
}
