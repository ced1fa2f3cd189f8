import { SecretFile, type SecretFileOptions, type SecretKind } from './secret-file.js';

/** What a client secret may be made of (RFC 6749, A.2), in at most 1024 characters. */
const SECRET = /^[\x20-\x7E]{1,1024}$/;

const CLIENT_SECRET: SecretKind<string> = {
  parse: (text) => (SECRET.test(text) ? text : undefined),
  what: 'the client secret of an issuer',
  form: 'it is no secret: 1 to 1024 characters of ASCII in one line',
  event: 'client-secret-unreadable',
  consequence: 'an issuer cannot be asked',
};

/** The secret of a client that the gateway is to an issuer. */
export type ClientSecret = SecretFile<string>;

/** Reads a client secret, and reads it again. */
export function openClientSecret(file: string, options: SecretFileOptions): Promise<ClientSecret> {
  return SecretFile.open(file, CLIENT_SECRET, options);
}

/** RFC 6749, 2.3.1: both are encoded as in forms first. What needs no encoding is left, for issuers that do not decode. */
export function basicAuthorization(clientId: string, secret: string): string {
  const text = [clientId, secret].map(encodeURIComponent).join(':');
  return `Basic ${Buffer.from(text).toString('base64')}`;
}
