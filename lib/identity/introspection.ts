import { createHash } from 'node:crypto';
import { READABLE_BY_GROUP, type MountedVolume } from '../workload/volumes';
import type { SecretKey } from './keycloak/realm-spec';

/** Where a gateway finds the secrets of the clients that it is to issuers. */
const DIRECTORY = '/var/run/secrets/agentyard/introspection';
const FILE = 'client-secret';

/** The secret of the client that a gateway is to an issuer. A pod waits for it with its start. */
export function clientSecretVolume(issuer: string, { secretName, key }: SecretKey): MountedVolume {
  const items = [{ key, path: FILE }];
  return {
    name: `introspection-${nameOf(issuer)}`,
    mountPath: directoryOf(issuer),
    readOnly: true,
    source: { secret: { secretName, items, defaultMode: READABLE_BY_GROUP } },
  };
}

/** The file of that volume. */
export function clientSecretFile(issuer: string): string {
  return `${directoryOf(issuer)}/${FILE}`;
}

const directoryOf = (issuer: string) => `${DIRECTORY}/${nameOf(issuer)}`;

/** A name for an issuer that volumes may have. */
function nameOf(issuer: string): string {
  return createHash('sha256').update(issuer).digest('hex').slice(0, 10);
}
