/** No credentials could be had for the provider. */
export class CredentialsError extends Error {
  /** @param cause what failed; its message may name roles and files, and stays here */
  public constructor(cause: unknown) {
    super('no credentials could be had', { cause });
    this.name = 'CredentialsError';
  }
}
