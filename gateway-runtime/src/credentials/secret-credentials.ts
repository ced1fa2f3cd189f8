import type { UpstreamCredentials as Section } from 'agentyard/contract';
import type { SecretFile, SecretKind } from '../auth/secret-file.js';
import type { CredentialHeaders, UpstreamCredentials } from './upstream-credentials.js';
import { UpstreamCredentialsError } from './upstream-credentials-error.js';

/** What a header may carry, RFC 9110, 5.5, in at most 8 kB; no spaces around it, which would be lost. */
const VALUE = /^[\x21-\x7E](?:[\x20-\x7E]{0,8190}[\x21-\x7E])?$/;

/** A key or token of the gateway itself. */
export const STATIC_SECRET: SecretKind<string> = {
  parse: (text) => (VALUE.test(text) ? text : undefined),
  what: 'what an MCP server is shown',
  form: 'a header cannot carry it: 1 to 8192 characters of ASCII in one line, without spaces around them',
  event: 'upstream-secret-unreadable',
  consequence: 'an MCP server cannot be shown who calls',
};

/** A key or token from a Secret, the same for all users. */
export class SecretCredentials implements UpstreamCredentials {
  public constructor(
    private readonly server: string,
    private readonly section: Extract<Section, { by: 'secret' }>,
    private readonly secret: SecretFile<string>,
  ) {}

  public headersFor(): Promise<CredentialHeaders> {
    const { value } = this.secret;
    const { header, scheme } = this.section;
    if (value !== undefined) {
      return Promise.resolve({ [header.toLowerCase()]: scheme === undefined ? value : `${scheme} ${value}` });
    }
    const detail = 'the gateway has no usable secret for it';
    return Promise.reject(new UpstreamCredentialsError('secret-missing', this.server, detail));
  }

  /** There is nothing newer than what is mounted, which is read again anyway. */
  public forget(): void {}

  public unready(): string | undefined {
    return this.secret.unready();
  }
}
