import { Lazy } from 'cdk8s';
import { Construct } from 'constructs';
import { deferFault, reportFault } from '../lib/errors/deferred';
import { SynthError } from '../lib/errors/synth-error';
import type { GatewayPath } from '../lib/exposure/gateway-paths';
import {
  certificateReaderRules,
  openShiftRouteAnnotations,
  openShiftRouteSpec,
} from '../lib/exposure/open-shift-route';
import { bindingOf, RBAC_API_VERSION } from '../lib/workload/rbac';
import { addExtraObject } from './extra-object';
import { exposeGateway, routedTlsFaults, type GatewayExposure } from './gateway-exposure';
import type { McpGateway } from './mcp-gateway';
import { ServingCertificate } from './serving-certificate';

/** Properties of a Route. */
export interface OpenShiftRouteProps {
  /** Gateway that it leads to; it needs a `publicUrl`. */
  readonly gateway: McpGateway;
  /**
   * What it shows its clients. The router is let to read a Secret.
   * @default ServingCertificate.ofController()
   */
  readonly certificate?: ServingCertificate;
  /**
   * Authority of the certificate that the gateway itself shows, in PEM, where it serves TLS.
   * @default - the cluster's service authority
   */
  readonly destinationAuthority?: string;
}

/** ServiceAccount of OpenShift's routers, in the namespace that they run in. */
const ROUTER_ACCOUNT = 'router';

/**
 * OpenShift Routes for the public URL of a gateway, in its namespace: one for each path that clients call, with TLS up to
 * the router. They wait for the longest request, and let in the pods of the cluster's router.
 */
export class OpenShiftRoute extends Construct {
  public constructor(scope: Construct, id: string, props: OpenShiftRouteProps) {
    super(scope, id);
    const { gateway, certificate = ServingCertificate.ofController(), destinationAuthority } = props;
    const exposure = exposeGateway(this, gateway);
    this.checkCluster(gateway);
    for (const path of exposure.paths) this.addRoute(gateway, exposure, path, certificate, destinationAuthority);
    this.node.addValidation({ validate: () => routedTlsFaults(this, gateway, true) });
    if (certificate._secretName !== undefined) this.letRouterRead(gateway, exposure, certificate._secretName);
  }

  private addRoute(
    gateway: McpGateway,
    { namespace, host, backend }: GatewayExposure,
    path: GatewayPath,
    { _secretName: certificateSecret, _issuer: issuer }: ServingCertificate,
    destinationAuthority: string | undefined,
  ): void {
    // Known only when all routes of the gateway are.
    const annotations = () => ({
      ...openShiftRouteAnnotations(gateway._longestDeadlineMs, path),
      ...issuer?._routeAnnotations,
    });
    addExtraObject(this, path.name, {
      apiVersion: 'route.openshift.io/v1',
      kind: 'Route',
      name: `${this.node.id}-${path.name}`,
      namespace,
      annotations,
      content: {
        spec: Lazy.any({
          produce: () => openShiftRouteSpec({ host, path, backend, certificateSecret, destinationAuthority }),
        }),
      },
    });
  }

  /** The router reads a Secret that a Route names with rights in the namespace of the Route. */
  private letRouterRead(gateway: McpGateway, { namespace }: GatewayExposure, secret: string): void {
    const { profile } = gateway._workload;
    const router = deferFault(this, () => profile._ingress(this), { namespace: '', podLabels: {} });
    const name = `${this.node.id}-certificate-reader`;
    addExtraObject(this, 'role', {
      apiVersion: RBAC_API_VERSION,
      kind: 'Role',
      name,
      namespace,
      content: { rules: certificateReaderRules(secret) },
    });
    addExtraObject(this, 'role-binding', {
      apiVersion: RBAC_API_VERSION,
      kind: 'RoleBinding',
      name,
      namespace,
      content: bindingOf('Role', name, { name: ROUTER_ACCOUNT, namespace: router.namespace }),
    });
  }

  private checkCluster(gateway: McpGateway): void {
    const { kind } = gateway._workload.profile;
    if (kind === 'openshift') return;
    const fault = new SynthError('OPTION_UNSUPPORTED', this, {
      message: `the cluster is said to be of the kind "${kind}", which has no Routes`,
      remedy: 'Use ClusterProfile.openshift(), or a GatewayIngress',
    });
    reportFault(this, fault);
  }
}
