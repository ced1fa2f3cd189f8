import { createPrivateKey, X509Certificate } from 'node:crypto';

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** A certificate with its chain, and its private key. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

/** Certificates of a PEM text. @throws Error if there is none, or one that cannot be read */
export function certificatesOf(pem: string, what: string): X509Certificate[] {
  const found = (pem.match(CERTIFICATE) ?? []).map((text) => {
    try {
      return new X509Certificate(text);
    } catch {
      throw new Error(`${what} has a certificate that cannot be read`);
    }
  });
  if (found.length === 0) throw new Error(`${what} has no certificate in PEM`);
  return found;
}

/** @throws Error for a pair that is over, so that nobody would take it */
export function refuseEnded({ cert }: Pick<KeyPair, 'cert'>, now = Date.now()): void {
  const end = certificatesOf(cert, 'the certificate file')[0]?.validToDate;
  if (end !== undefined && end.getTime() <= now) throw new Error(`the certificate has ended at ${end.toISOString()}`);
}

/** @throws Error for a pair that nobody could be shown: unreadable, or of two halves */
export function checkKeyPair({ cert, key }: KeyPair): void {
  const [own] = certificatesOf(cert, 'the certificate file');
  if (own === undefined) return;
  let isOwn: boolean;
  try {
    isOwn = own.checkPrivateKey(createPrivateKey(key));
  } catch {
    throw new Error('the key file has no private key in PEM');
  }
  if (!isOwn) throw new Error('the private key is not that of the certificate');
}
