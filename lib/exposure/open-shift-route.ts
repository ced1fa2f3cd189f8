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
}

/** The spec of a Route (`route.openshift.io/v1`): TLS ends at its edge, and plain HTTP is sent there. */
export function openShiftRouteSpec({ host, path, backend, certificateSecret }: OpenShiftRouteParts) {
  const externalCertificate =
    certificateSecret === undefined ? {} : { externalCertificate: { name: certificateSecret } };
  return {
    host,
    path: path.path,
    to: { kind: 'Service', name: backend.service, weight: 100 },
    port: { targetPort: backend.port },
    tls: { termination: 'edge', insecureEdgeTerminationPolicy: 'Redirect', ...externalCertificate },
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
