import type { GatewayIdentity, McpServer, UpstreamCredentials as Section } from 'agentyard/contract';
import { localPath, UpstreamTls, type LocalOverlay, type UserClaimSigner } from '@agentyard/runtime-kit';
import { SecretFile } from '../auth/secret-file.js';
import type { Open } from '../document-resources.js';
import { ClientCredentials } from './client-credentials.js';
import { openClientProof } from './client-proof.js';
import { CountedCredentials } from './counted-credentials.js';
import { SecretCredentials, STATIC_SECRET } from './secret-credentials.js';
import { TokenEndpoint, type CredentialAccess } from './token-endpoint.js';
import { TokenExchange } from './token-exchange.js';
import type { UpstreamCredentials } from './upstream-credentials.js';
import { UserClaimCredentials } from './user-claim.js';

/** Where what credentials are made of is read. */
export interface CredentialSources {
  readonly overlay: LocalOverlay | undefined;
  /** How often mounted files are read again, in milliseconds. */
  readonly pollMs: number;
  readonly access: CredentialAccess;
  readonly identity: GatewayIdentity;
  readonly signer: UserClaimSigner;
  /** Told when new TLS files are refused. */
  readonly onTlsRefusal: () => void;
}

/**
 * What MCP servers are shown, by their names; none of those that are shown nothing. Tokens go with the document; secrets
 * stay open if the next one names them, too.
 */
export async function openCredentials(
  servers: readonly McpServer[],
  sources: CredentialSources,
  open: Open,
): Promise<ReadonlyMap<string, UpstreamCredentials>> {
  const opened = new Map<string, UpstreamCredentials>();
  for (const server of servers) {
    if (server.credentials === undefined) continue;
    const credentials = await credentialsOf(server, server.credentials, sources, open);
    opened.set(server.name, new CountedCredentials(credentials, sources.access.failures));
  }
  return opened;
}

async function credentialsOf(
  server: McpServer,
  section: Section,
  sources: CredentialSources,
  open: Open,
): Promise<UpstreamCredentials> {
  const { access, identity, signer } = sources;
  switch (section.by) {
    case 'secret':
      return new SecretCredentials(server.name, section, await secretOf(section.file, sources, open));
    case 'client-credentials': {
      const endpoint = await endpointOf(server.name, section, 'client-refused', sources, open);
      return new ClientCredentials(section, endpoint, access.limits);
    }
    case 'token-exchange': {
      const endpoint = await endpointOf(server.name, section, 'exchange-refused', sources, open);
      return new TokenExchange(server.name, section, endpoint, access.limits);
    }
    case 'user-claim':
      return new UserClaimCredentials(server, section, identity, signer);
  }
}

function secretOf(file: string, { overlay, access: { log }, pollMs }: CredentialSources, open: Open) {
  return open(['upstream-secret', file], () =>
    SecretFile.open(localPath(file, overlay), STATIC_SECRET, { log, pollMs }),
  );
}

async function endpointOf(
  server: string,
  { tokenEndpoint, clientId, client, tls }: Extract<Section, { tokenEndpoint: string }>,
  refusal: 'client-refused' | 'exchange-refused',
  { overlay, access, pollMs, onTlsRefusal }: CredentialSources,
  open: Open,
): Promise<TokenEndpoint> {
  const local =
    client.method === 'client_secret_basic'
      ? { ...client, clientSecretFile: localPath(client.clientSecretFile, overlay) }
      : { ...client, privateKeyFile: localPath(client.privateKeyFile, overlay) };
  const proof = await open(['upstream-client', client], () => openClientProof(local, { log: access.log, pollMs }));
  const files = { overlay, log: access.log, pollMs, onRefusal: onTlsRefusal };
  const subject = `the authorization server of the MCP server "${server}"`;
  const own = tls && (await open(['token-endpoint-tls', server, tls], () => UpstreamTls.open(subject, tls, files)));
  return new TokenEndpoint({ server, tokenEndpoint, clientId, refusal }, proof, own ? throughTls(access, own) : access);
}

/** The dispatcher of new TLS files is another one, so it is asked for with each request. */
function throughTls(access: CredentialAccess, tls: UpstreamTls): CredentialAccess {
  const { log, failures, limits } = access;
  return {
    log,
    failures,
    limits,
    get dispatcher() {
      return tls.dispatcher;
    },
  };
}
