import { Construct } from 'constructs';
import { deferFault } from '../lib/errors/deferred';
import { certificateSpec } from '../lib/exposure/certificate';
import { checkedObjectName } from '../lib/workload/names';
import type { CertificateIssuer } from './certificate-issuer';
import { addExtraObject } from './extra-object';
import { publicHost } from './gateway-exposure';
import type { McpGateway } from './mcp-gateway';

/** Properties of a certificate. */
export interface TlsCertificateProps {
  /** Gateway whose host it is for. */
  readonly gateway: McpGateway;
  /** Who issues it. */
  readonly issuer: CertificateIssuer;
  /**
   * Name of the Secret that certificate and key are written to.
   * @default - the id
   */
  readonly secretName?: string;
  /**
   * Whether it is also for the names of the gateway's Service, by which clients within the cluster call a gateway that
   * serves TLS itself. Public issuers refuse such names.
   * @default false
   */
  readonly includesServiceNames?: boolean;
}

/** A certificate for the host of a gateway, issued and renewed by cert-manager in the namespace of the gateway. */
export class TlsCertificate extends Construct {
  /** Name of the Secret that certificate and key are written to. */
  public readonly secretName: string;

  public constructor(scope: Construct, id: string, props: TlsCertificateProps) {
    super(scope, id);
    const { gateway, issuer } = props;
    const secretName = props.secretName ?? id;
    this.secretName = deferFault(this, () => checkedObjectName(this, secretName), secretName);
    this.node.defaultChild = addExtraObject(this, 'certificate', {
      apiVersion: 'cert-manager.io/v1',
      kind: 'Certificate',
      name: id,
      namespace: gateway._workload.id.namespace,
      content: {
        spec: certificateSpec({
          hosts: [publicHost(this, gateway), ...(props.includesServiceNames === true ? gateway._serviceNames : [])],
          secretName: this.secretName,
          issuer: issuer._reference,
        }),
      },
    });
  }
}
