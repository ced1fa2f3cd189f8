import { createHash } from 'node:crypto';
import { READABLE_BY_GROUP, type MountedVolume } from '../workload/volumes';
import type { SecretKey } from './keycloak/realm-spec';

/** Where a gateway finds what it shows to MCP servers that are not ours. */
const DIRECTORY = '/var/run/secrets/agentyard/upstream';
const FILE = 'secret';

/** What a gateway shows to a server, or shows that it is a client with. A pod waits for it with its start. */
export function upstreamSecretVolume(server: string, { secretName, key }: SecretKey): MountedVolume {
  const items = [{ key, path: FILE }];
  return {
    name: `upstream-${createHash('sha256').update(server).digest('hex').slice(0, 10)}`,
    mountPath: `${DIRECTORY}/${server}`,
    readOnly: true,
    source: { secret: { secretName, items, defaultMode: READABLE_BY_GROUP } },
  };
}

/** The file of that volume. */
export function upstreamSecretFile(server: string): string {
  return `${DIRECTORY}/${server}/${FILE}`;
}
