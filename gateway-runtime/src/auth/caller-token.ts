import { createHash } from 'node:crypto';
import { inspect } from 'node:util';

const REDACTED = '[redacted]';

/**
 * The access token that a caller was let in by, where it is exchanged for another one. It stands in no log line and no
 * document, whatever is done with its holder: only `reveal` gives it out.
 */
export class CallerToken {
  readonly #text: string;
  #fingerprint: string | undefined;

  public constructor(text: string) {
    this.#text = text;
  }

  /** The token: for the token endpoint of its issuer, and for nobody else. */
  public reveal(): string {
    return this.#text;
  }

  /** Its SHA-256, by which it is known without being kept. */
  public get fingerprint(): string {
    this.#fingerprint ??= createHash('sha256').update(this.#text).digest('base64');
    return this.#fingerprint;
  }

  public toString(): string {
    return REDACTED;
  }

  public toJSON(): string {
    return REDACTED;
  }

  public [inspect.custom](): string {
    return REDACTED;
  }
}
