import type { GatewayDocumentInput } from '../contract';
import { READABLE_BY_GROUP, type MountedVolume } from './volumes';

const CERTIFICATE_DIRECTORY = '/var/run/secrets/agentyard/tls';
const CLIENTS_DIRECTORY = '/etc/agentyard-clients';
const CA_FILE = 'ca.crt';

/** Keys of a Secret of type `kubernetes.io/tls`. */
const [CERTIFICATE_KEY, PRIVATE_KEY] = ['tls.crt', 'tls.key'];

/** TLS of a gateway's own port. */
export interface ServingTls {
  /** Secret with certificate and key. */
  readonly secretName: string;
  /** Authorities of client certificates; absent: none are asked for. */
  readonly clients?: { readonly configMapName: string; readonly key: string; readonly required: boolean };
}

/** The volumes of it, where it is known only when the program is complete whether there are any. */
export function servingTlsVolumes(tls: () => ServingTls | undefined): MountedVolume[] {
  return [
    {
      name: 'serving-certificate',
      mountPath: CERTIFICATE_DIRECTORY,
      readOnly: true,
      isNeeded: () => tls() !== undefined,
      source: {
        get secret() {
          const items = [CERTIFICATE_KEY, PRIVATE_KEY].map((key) => ({ key, path: key }));
          return { secretName: tls()?.secretName, items, defaultMode: READABLE_BY_GROUP };
        },
      },
    },
    {
      name: 'client-authorities',
      mountPath: CLIENTS_DIRECTORY,
      readOnly: true,
      isNeeded: () => tls()?.clients !== undefined,
      source: {
        get configMap() {
          const { configMapName: name, key } = tls()?.clients ?? {};
          return { name, items: [{ key, path: CA_FILE }] };
        },
      },
    },
  ];
}

/** What the gateway is told of it. */
export function servingTlsSection({ clients }: ServingTls): GatewayDocumentInput['tls'] {
  return {
    certificateFile: `${CERTIFICATE_DIRECTORY}/${CERTIFICATE_KEY}`,
    keyFile: `${CERTIFICATE_DIRECTORY}/${PRIVATE_KEY}`,
    ...(clients && { clients: { caFile: `${CLIENTS_DIRECTORY}/${CA_FILE}`, required: clients.required } }),
  };
}
