import type { CaBundle } from './cluster-profile';
import type { ServingCertificate } from './serving-certificate';

/** Certificates by which clients show who they are. */
export interface ClientCertificates {
  /** Authorities of those that count: a ConfigMap in the namespace of the gateway. */
  readonly authorities: CaBundle;
  /**
   * Whether requests without one are refused, those of health probes excepted. One that is shown has to be valid anyway.
   * @default true
   */
  readonly required?: boolean;
}

/** How a gateway serves its own port by TLS. */
export interface ServeTlsOptions {
  /** What it shows its clients: a Secret in its namespace. A new one is in force within seconds, without a restart. */
  readonly certificate: ServingCertificate;
  /**
   * Certificates of clients.
   * @default - none are asked for
   */
  readonly clientCertificates?: ClientCertificates;
}
