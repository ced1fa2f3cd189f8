import { createHash } from 'node:crypto';
import { READABLE_BY_GROUP, type MountedVolume } from './volumes';

const AUTHORITIES_DIRECTORY = '/etc/agentyard-authorities';
const CLIENT_DIRECTORY = '/var/run/secrets/agentyard/client-tls';
const CA_FILE = 'ca.crt';
/** Keys of a Secret of type `kubernetes.io/tls`. */
const [CERTIFICATE_KEY, PRIVATE_KEY] = ['tls.crt', 'tls.key'];

/** TLS towards something that a gateway calls. */
export interface CallingTls {
  /** Authorities that count in place of the public ones. */
  readonly authorities?: { readonly configMapName: string; readonly key: string };
  /** Secret with the certificate that the gateway shows. */
  readonly clientSecretName?: string;
}

/** Where what it names is mounted, as documents say it. */
export interface CallingTlsFiles {
  caFile?: string;
  clientCertificateFile?: string;
  clientKeyFile?: string;
}

/** The volumes of it. @param whom what is called, alone of its kind and name: `issuer https://sso.example.com` */
export function callingTlsVolumes(whom: string, { authorities, clientSecretName }: CallingTls): MountedVolume[] {
  const name = nameOf(whom);
  const volumes: MountedVolume[] = [];
  if (authorities !== undefined) {
    const source = {
      configMap: { name: authorities.configMapName, items: [{ key: authorities.key, path: CA_FILE }] },
    };
    volumes.push({
      name: `authorities-${name}`,
      mountPath: `${AUTHORITIES_DIRECTORY}/${name}`,
      readOnly: true,
      source,
    });
  }
  if (clientSecretName !== undefined) {
    const items = [CERTIFICATE_KEY, PRIVATE_KEY].map((key) => ({ key, path: key }));
    const source = { secret: { secretName: clientSecretName, items, defaultMode: READABLE_BY_GROUP } };
    volumes.push({ name: `client-tls-${name}`, mountPath: `${CLIENT_DIRECTORY}/${name}`, readOnly: true, source });
  }
  return volumes;
}

/** The files of these volumes. */
export function callingTlsFiles(whom: string, { authorities, clientSecretName }: CallingTls): CallingTlsFiles {
  const name = nameOf(whom);
  return {
    ...(authorities && { caFile: `${AUTHORITIES_DIRECTORY}/${name}/${CA_FILE}` }),
    ...(clientSecretName !== undefined && {
      clientCertificateFile: `${CLIENT_DIRECTORY}/${name}/${CERTIFICATE_KEY}`,
      clientKeyFile: `${CLIENT_DIRECTORY}/${name}/${PRIVATE_KEY}`,
    }),
  };
}

/** A name that volumes may have. */
function nameOf(whom: string): string {
  return createHash('sha256').update(whom).digest('hex').slice(0, 10);
}
