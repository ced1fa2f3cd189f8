import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';

/** Where an API server is, and what proves who we are and who it is. */
export interface Connection {
  readonly server: URL;
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
  readonly token?: string;
  readonly rejectUnauthorized: boolean;
}

type Entry = Record<string, unknown>;

/** Reads the current context of a kubeconfig file. */
export function readKubeconfig(file: string): Connection {
  const config = parse(readFileSync(file, 'utf8')) as Record<string, any>;
  const named = (list: string, key: string, name: unknown): Entry => {
    const entry = (config[list] ?? []).find((candidate: Entry) => candidate.name === name)?.[key];
    if (!entry) throw new Error(`${file}: there is no ${key} called "${String(name)}"`);
    return entry as Entry;
  };
  const context = named('contexts', 'context', config['current-context']);
  const cluster = named('clusters', 'cluster', context.cluster);
  const user = named('users', 'user', context.user);
  for (const unsupported of ['exec', 'auth-provider', 'username'])
    if (user[unsupported])
      throw new Error(`${file}: users.${unsupported} is not supported here; use a client certificate or a token`);
  const content = (entry: Entry, field: string): Buffer | undefined => {
    const data = entry[`${field}-data`] as string | undefined;
    if (data) return Buffer.from(data, 'base64');
    const name = entry[field] as string | undefined;
    return name ? readFileSync(path.resolve(path.dirname(file), name)) : undefined;
  };
  return {
    server: new URL(String(cluster.server)),
    ca: content(cluster, 'certificate-authority'),
    cert: content(user, 'client-certificate'),
    key: content(user, 'client-key'),
    token: (user.token as string | undefined) ?? content(user, 'tokenFile')?.toString().trim(),
    rejectUnauthorized: cluster['insecure-skip-tls-verify'] !== true,
  };
}
