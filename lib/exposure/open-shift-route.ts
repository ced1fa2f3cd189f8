import type { Backend } from './backend';
import type { GatewayPath } from './gateway-paths';
import { routerTimeoutSeconds } from './router-timeout';

/** What a Route of OpenShift follows from. */
export interface OpenShiftRouteParts {
  readonly host: string;
  readonly path: GatewayPath;
  readonly backend: Backend;
  /** Secret with the certificate; absent: the router's own. */
  readonly certificateSecret?: string;
  /** Authority of the gateway's own certificate, in PEM; absent: the cluster's service authority. */
  readonly destinationAuthority?: string;
}

/** The spec of a Route (`route.openshift.io/v1`): TLS ends at the router, which speaks to the gateway as that speaks. */
export function openShiftRouteSpec({
  host,
  path,
  backend,
  certificateSecret,
  destinationAuthority,
}: OpenShiftRouteParts) {
  const externalCertificate =
    certificateSecret === undefined ? {} : { externalCertificate: { name: certificateSecret } };
  return {
    host,
    path: path.path,
    to: { kind: 'Service', name: backend.service, weight: 100 },
    port: { targetPort: backend.port() },
    tls: {
      termination: backend.tls() ? 'reencrypt' : 'edge',
      insecureEdgeTerminationPolicy: 'Redirect',
      ...externalCertificate,
      ...(backend.tls() && destinationAuthority !== undefined && { destinationCACertificate: destinationAuthority }),
    },
    wildcardPolicy: 'None',
  };
}

/** What tells OpenShift's router how to forward: HAProxy gives up after 30 s if nobody says otherwise. */
export function openShiftRouteAnnotations(longestDeadlineMs: number, { path, served }: GatewayPath) {
  return {
    'haproxy.router.openshift.io/timeout': `${routerTimeoutSeconds(longestDeadlineMs)}s`,
    // Every replica serves every request, so nobody has to come back to the same one.
    'haproxy.router.openshift.io/disable_cookies': 'true',
    ...(path === served ? {} : { 'haproxy.router.openshift.io/rewrite-target': served }),
  };
}

/** Rules of a Role that lets the router read one certificate. */
export function certificateReaderRules(secret: string) {
  return [{ apiGroups: [''], resources: ['secrets'], resourceNames: [secret], verbs: ['get', 'list', 'watch'] }];
}
