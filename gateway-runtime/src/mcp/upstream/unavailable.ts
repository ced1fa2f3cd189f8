/** Thrown when a server gave no JSON-RPC answer. */
export class UpstreamUnavailableError extends Error {
  public constructor(
    message: string,
    /** Whether the request may have had its effect. */
    public readonly wasSent: boolean,
    /** Whether the server has answered something, which was no JSON-RPC answer. */
    public readonly hasAnswered = false,
  ) {
    super(message);
    this.name = 'UpstreamUnavailableError';
  }
}

/** Thrown when there is nothing to pass on although the server works: that is due to what is asked, to who asks, or how. */
export class NotServedError extends UpstreamUnavailableError {
  public constructor(...details: ConstructorParameters<typeof UpstreamUnavailableError>) {
    super(...details);
    this.name = 'NotServedError';
  }
}

/** Thrown when a server does not know its session any more. It has not looked at the request. */
export class SessionGoneError extends NotServedError {
  public constructor() {
    super('it does not know its session any more', false);
    this.name = 'SessionGoneError';
  }
}
