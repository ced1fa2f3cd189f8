import type { IConstruct } from 'constructs';
import { SynthError } from '../lib/errors/synth-error';
import type { ServingTls } from '../lib/workload/serving-tls';
import { checkedObjectName } from '../lib/workload/names';
import type { ServeTlsOptions } from './serve-tls-options';

/** The entry of a ConfigMap with certificates, if nothing else is said. */
const USUAL_CA_KEY = 'ca-certificates.crt';

/** The options in the form of volumes and document. @throws SynthError SERVING_TLS_INVALID, NAME_INVALID */
export function servingTls(place: IConstruct, { certificate, clientCertificates }: ServeTlsOptions): ServingTls {
  const { _secretName: secretName } = certificate;
  if (secretName === undefined) {
    throw new SynthError('SERVING_TLS_INVALID', place, {
      message: 'the certificate is one that the gateway cannot mount, since no Secret of it is known',
      remedy: "Use ServingCertificate.fromCertificate(...), or .fromSecretName('gateway-tls')",
    });
  }
  if (clientCertificates === undefined) return { secretName };
  const { authorities, required = true } = clientCertificates;
  const configMapName = checkedObjectName(place, authorities.configMapName);
  return { secretName, clients: { configMapName, key: authorities.key ?? USUAL_CA_KEY, required } };
}
