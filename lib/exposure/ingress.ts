import type { Backend } from './backend';

/** A path of an Ingress, in the form that its controller reads. */
export interface IngressPath {
  readonly path: string;
  readonly pathType: 'Prefix' | 'ImplementationSpecific';
}

/** What an Ingress follows from. */
export interface IngressParts {
  readonly className?: string;
  readonly host: string;
  readonly paths: readonly IngressPath[];
  readonly backend: Backend;
  /** Secret with the certificate; absent: the controller's own. */
  readonly certificateSecret?: string;
}

/** The spec of an Ingress (`networking.k8s.io/v1`). */
export function ingressSpec({ className, host, paths, backend, certificateSecret }: IngressParts) {
  const service = { name: backend.service, port: { name: backend.port() } };
  return {
    ingressClassName: className,
    tls: [{ hosts: [host], secretName: certificateSecret }],
    rules: [{ host, http: { paths: paths.map((path) => ({ ...path, backend: { service } })) } }],
  };
}
