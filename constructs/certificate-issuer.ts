import type { IssuerReference } from '../lib/exposure/certificate';
import { checkedObjectName } from '../lib/workload/names';

/** Who issues certificates in the cluster: a resource that cert-manager knows. */
export class CertificateIssuer {
  /** A ClusterIssuer of cert-manager, which issues in all namespaces. */
  public static fromClusterIssuerName(name: string): CertificateIssuer {
    return new CertificateIssuer('CertificateIssuer.fromClusterIssuerName', name, 'ClusterIssuer', 'cert-manager.io');
  }

  /** An Issuer of cert-manager in the namespace of what it issues for. */
  public static fromIssuerName(name: string): CertificateIssuer {
    return new CertificateIssuer('CertificateIssuer.fromIssuerName', name, 'Issuer', 'cert-manager.io');
  }

  /**
   * An issuer that is not cert-manager's own.
   *
   * @param group API group of its kind, for example `awspca.cert-manager.io`
   */
  public static fromResource(group: string, kind: string, name: string): CertificateIssuer {
    return new CertificateIssuer('CertificateIssuer.fromResource', name, kind, group);
  }

  /** @internal */
  public readonly _reference: IssuerReference;

  private constructor(place: string, name: string, kind: string, group: string) {
    this._reference = { name: checkedObjectName(place, name), kind, group };
  }

  /** Annotations by which cert-manager makes a certificate for an Ingress. @internal */
  public get _ingressAnnotations(): Record<string, string> {
    const { name, kind, group } = this._reference;
    if (group === 'cert-manager.io' && kind === 'ClusterIssuer') return { 'cert-manager.io/cluster-issuer': name };
    return {
      'cert-manager.io/issuer': name,
      'cert-manager.io/issuer-kind': kind,
      'cert-manager.io/issuer-group': group,
    };
  }

  /** Annotations by which cert-manager's openshift-routes fills a certificate into a Route. @internal */
  public get _routeAnnotations(): Record<string, string> {
    const { name, kind, group } = this._reference;
    return {
      'cert-manager.io/issuer-name': name,
      'cert-manager.io/issuer-kind': kind,
      'cert-manager.io/issuer-group': group,
    };
  }
}
