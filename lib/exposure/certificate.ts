/** Who issues a certificate. */
export interface IssuerReference {
  readonly name: string;
  readonly kind: string;
  readonly group: string;
}

/** What a Certificate of cert-manager follows from. */
export interface CertificateParts {
  readonly hosts: readonly string[];
  readonly secretName: string;
  readonly issuer: IssuerReference;
}

/** The spec of a Certificate (`cert-manager.io/v1`): with each renewal the private key is a new one. */
export function certificateSpec({ hosts, secretName, issuer }: CertificateParts) {
  return {
    secretName,
    dnsNames: [...hosts],
    issuerRef: { ...issuer },
    privateKey: { algorithm: 'ECDSA', size: 256, rotationPolicy: 'Always' },
    usages: ['digital signature', 'server auth'],
  };
}
