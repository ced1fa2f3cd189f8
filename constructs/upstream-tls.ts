import type { IConstruct } from 'constructs';
import { SynthError } from '../lib/errors/synth-error';
import type { CallingTls } from '../lib/workload/calling-tls';
import { checkedObjectName } from '../lib/workload/names';
import type { CaBundle } from './cluster-profile';
import { checkedSecretKey } from './secret-key';

/** The entry of a ConfigMap with certificates, if nothing else is said. */
const USUAL_CA_KEY = 'ca-certificates.crt';

/** How a gateway checks what it calls by TLS, and shows who it is. New files are in force within seconds. */
export interface UpstreamTlsOptions {
  /**
   * Authorities that count in place of all others: a ConfigMap in the gateway's namespace.
   * @default - the public ones, and those of the cluster's profile
   */
  readonly authorities?: CaBundle;
  /**
   * Secret of type `kubernetes.io/tls` in the gateway's namespace with the certificate that the gateway shows.
   * @default - it shows none
   */
  readonly clientCertificateSecretName?: string;
}

/**
 * The options in the form of volumes and document.
 *
 * @param urls what is called, as far as it is known
 * @throws SynthError UPSTREAM_TLS_INVALID, NAME_INVALID
 */
export function callingTls(
  place: IConstruct | string,
  { authorities, clientCertificateSecretName }: UpstreamTlsOptions,
  urls: readonly string[] = [],
): CallingTls {
  if (authorities === undefined && clientCertificateSecretName === undefined) {
    throw new SynthError('UPSTREAM_TLS_INVALID', place, {
      message: 'tlsOptions name neither authorities nor a client certificate',
      remedy: "Name one, authorities: { configMapName: 'corporate-ca' }, or leave tlsOptions out",
    });
  }
  const plain = urls.find((url) => url.startsWith('http:'));
  if (plain !== undefined) throw withoutTls(place, plain);
  return {
    authorities: authorities && authoritiesOf(place, authorities),
    clientSecretName:
      clientCertificateSecretName === undefined ? undefined : checkedObjectName(place, clientCertificateSecretName),
  };
}

/** A bundle by names that Kubernetes takes. @throws SynthError NAME_INVALID */
export function authoritiesOf(place: IConstruct | string, { configMapName, key = USUAL_CA_KEY }: CaBundle) {
  // Entries of ConfigMaps and of Secrets have the same form.
  return { configMapName, key: checkedSecretKey(place, configMapName, key).key };
}

/** What says how TLS is done where there is none. */
export function withoutTls(place: IConstruct | string, what: string): SynthError {
  return new SynthError('UPSTREAM_TLS_INVALID', place, {
    message: `tlsOptions are for TLS, and ${what} is called without`,
    remedy: 'Leave them out, or let it be called by TLS',
  });
}
