/** How a request failed on its way through the egress proxy. */
export type EgressFailure =
  /** The proxy does not let it pass: the host is not declared, or its name leads where it must not. */
  | 'egress-refused'
  /** The proxy takes no connection, or gives no answer. */
  | 'egress-unreachable'
  /** The proxy could not reach the host itself. */
  | 'egress-failed'
  /** The proxy opened a tunnel and ended it before TLS was set up. */
  | 'egress-cut';

/** The clause that ends the message, and says what to do. */
const EXPLANATIONS: Readonly<Record<EgressFailure, string>> = {
  'egress-refused': 'refused; declare the host for this workload and apply the manifests again',
  'egress-unreachable': 'not reached, since the proxy itself does not answer; look at its pods',
  'egress-failed': 'not reached by the proxy; look at its log, it may pass',
  'egress-cut': 'cut off before TLS was set up; look at the log of the proxy',
};

/** A request that the egress proxy did not carry to its host. The host has seen nothing of it. */
export class EgressProxyError extends Error {
  public readonly code = 'ERR_EGRESS_PROXY';

  /**
   * @param host name and port that were asked for
   * @param status what the proxy answered with, if it did
   */
  public constructor(
    public readonly reason: EgressFailure,
    public readonly host: string,
    public readonly status?: number,
    options?: ErrorOptions,
  ) {
    const answer = status === undefined ? '' : ` (status ${status})`;
    super(`egress proxy: ${host} was ${EXPLANATIONS[reason]}${answer}`, options);
    this.name = 'EgressProxyError';
  }

  /** The one in a chain of causes, if there is one. */
  public static in(error: unknown): EgressProxyError | undefined {
    if (error instanceof EgressProxyError) return error;
    const cause = typeof error === 'object' && error !== null && 'cause' in error ? error.cause : undefined;
    return cause === undefined || cause === error ? undefined : EgressProxyError.in(cause);
  }
}
