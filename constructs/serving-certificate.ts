import { checkedObjectName } from '../lib/workload/names';
import type { CertificateIssuer } from './certificate-issuer';
import type { TlsCertificate } from './tls-certificate';

/** What an Ingress or Route shows its clients. */
export class ServingCertificate {
  /** A certificate of the program. */
  public static fromCertificate(certificate: TlsCertificate): ServingCertificate {
    return new ServingCertificate({ secretName: certificate.secretName });
  }

  /** A Secret of type `kubernetes.io/tls` in the namespace of the gateway, which is made elsewhere. */
  public static fromSecretName(name: string): ServingCertificate {
    return new ServingCertificate({ secretName: checkedObjectName('ServingCertificate.fromSecretName', name) });
  }

  /** One that cert-manager makes because of annotations; for Routes its addition openshift-routes is needed. */
  public static fromIssuer(issuer: CertificateIssuer): ServingCertificate {
    return new ServingCertificate({ issuer });
  }

  /** The one that the ingress controller or router has for all hosts. */
  public static ofController(): ServingCertificate {
    return new ServingCertificate({});
  }

  /** @internal */
  public readonly _secretName?: string;
  /** @internal */
  public readonly _issuer?: CertificateIssuer;

  private constructor(source: { readonly secretName?: string; readonly issuer?: CertificateIssuer }) {
    this._secretName = source.secretName;
    this._issuer = source.issuer;
  }
}
