/** Why an upstream cannot be shown who calls: the words of log lines and of the metric. They are stable. */
export const CREDENTIAL_FAILURES = [
  'token-missing',
  'exchange-refused',
  'client-refused',
  'issuer-unavailable',
  'secret-missing',
  'claim-unavailable',
] as const;

export type CredentialFailure = (typeof CREDENTIAL_FAILURES)[number];

/** Those that another caller, or the same one with another token, would not have. */
const ABOUT_CALLER: readonly CredentialFailure[] = ['token-missing', 'exchange-refused'];

/**
 * Thrown when the gateway has nothing to show to an MCP server for a caller. Nothing was sent to it. The message may be
 * told to the caller: it names the server and the reason, and nothing of secrets, tokens and other answers.
 */
export class UpstreamCredentialsError extends Error {
  public constructor(
    public readonly reason: CredentialFailure,
    /** Name of the MCP server. */
    public readonly server: string,
    /** Why, without the name of the server. */
    public readonly detail: string,
  ) {
    super(`the MCP server "${server}" cannot be shown who calls: ${detail}`);
    this.name = 'UpstreamCredentialsError';
  }

  /** Whether it is the caller that is refused, and not the gateway that fails. */
  public get isAboutCaller(): boolean {
    return ABOUT_CALLER.includes(this.reason);
  }
}
