import type { Duration } from 'cdk8s';
import { ANY_CALLER } from '../lib/contract';
import { SynthError } from '../lib/errors/synth-error';
import { plainUrl } from '../lib/identity/plain-url';
import { isHostPattern } from '../lib/network/egress/host-rule';
import { tcp } from '../lib/network/port';
import { IntrospectedTokens, type KeycloakIntrospection, type OidcIntrospection } from './introspection';
import { TokenAlgorithm, type EntraOptions, type OidcOptions } from './oidc';
import type { Peer } from './peer';
import type { TokenSource } from './token-auth';
import { TokenIntrospection } from './token-introspection';
import { callingTls } from './upstream-tls';
import type { Workload } from './workload';

const LARGEST_TOLERANCE_MS = 60_000;

/** The source of tokens that options describe. @throws SynthError ISSUER_INVALID */
export function oidcSource(options: OidcOptions): TokenSource {
  const {
    issuer,
    audience,
    roles = [],
    roleClaims = [['roles']],
    userClaim,
    jwksUri,
    algorithms,
    peer,
    scopes,
    requiredScopes,
    impliedScopes,
    introspection,
    tlsOptions,
    clockTolerance,
  } = options;
  const keys = checkedUrl(jwksUri ?? issuer, 'issuer and jwksUri', peer);
  if (jwksUri !== undefined) checkedUrl(issuer, 'issuer', peer);
  const endpoint = introspection && checkedUrl(introspection.endpoint, 'introspection.endpoint', peer);
  const names = new Set(roles.map(({ roleName }) => roleName));
  if (names.has(ANY_CALLER)) throw anyCallerIsNoRole();
  return {
    issuer: {
      issuer,
      jwksUri,
      roleClaims,
      userClaim,
      algorithms,
      requiredScopes,
      impliedScopes,
      clockToleranceMs: checkedTolerance(clockTolerance),
    },
    tls:
      tlsOptions &&
      callingTls('Auth.oidc', tlsOptions, [keys.href, ...(endpoint === undefined ? [] : [endpoint.href])]),
    introspection: introspection && oidcIntrospection(issuer, introspection),
    audience,
    scopes: scopes === undefined ? requiredScopes : [...new Set([...scopes, ...(requiredScopes ?? [])])],
    declares: (role) => role._realm === undefined && names.has(role.roleName),
    open: (gateway) => {
      openUrl(gateway._workload, keys, peer);
      if (endpoint !== undefined && endpoint.origin !== keys.origin) openUrl(gateway._workload, endpoint, peer);
    },
  };
}

function oidcIntrospection(
  issuer: string,
  { endpoint, clientId, secret, tokens = IntrospectedTokens.OPAQUE }: OidcIntrospection,
): TokenIntrospection {
  return new TokenIntrospection(issuer, secret._secret, tokens, { endpoint, clientId });
}

/** Keycloak has a client for each gateway, and issues no opaque tokens. */
export function keycloakIntrospection(
  issuer: string,
  { secret, tokens = IntrospectedTokens.JWT }: KeycloakIntrospection,
): TokenIntrospection {
  return new TokenIntrospection(issuer, secret._secret, tokens);
}

const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Entra issues version 2 tokens, whose user is `oid`: the same for all applications of the tenant. */
export function entraSource(options: EntraOptions): TokenSource {
  const { roles, scopes, requiredScopes, impliedScopes } = options;
  const [tenantId, applicationId] = [options.tenantId.toLowerCase(), options.applicationId.toLowerCase()];
  for (const [prop, value] of Object.entries({ tenantId, applicationId })) {
    if (GUID.test(value)) continue;
    throw new SynthError('ISSUER_INVALID', 'Auth.entra', {
      message: `${prop} is "${value}"`,
      remedy: 'Give the id, as the portal shows it: 11111111-2222-3333-4444-555555555555',
    });
  }
  if (requiredScopes !== undefined && scopes === undefined) {
    throw new SynthError('ISSUER_INVALID', 'Auth.entra', {
      message: `tokens must have ${requiredScopes.join(' ')}, and clients are not told what to ask for`,
      remedy: "Say it: scopes: ['https://mcp.example.com/mcp.use']",
    });
  }
  const authority = `https://login.microsoftonline.com/${tenantId}`;
  const source = oidcSource({
    issuer: `${authority}/v2.0`,
    jwksUri: `${authority}/discovery/v2.0/keys`,
    audience: applicationId,
    roles,
    scopes,
    userClaim: 'oid',
    algorithms: [TokenAlgorithm.RS256],
  });
  // Its tokens have the short names of scopes, and clients ask for the long ones.
  return { ...source, issuer: { ...source.issuer, requiredScopes, impliedScopes } };
}

function checkedTolerance(tolerance: Duration | undefined): number | undefined {
  const ms = tolerance?.toMilliseconds({ integral: false });
  if (ms === undefined || (Number.isInteger(ms) && ms >= 0 && ms <= LARGEST_TOLERANCE_MS)) return ms;
  throw new SynthError('ISSUER_INVALID', 'Auth.oidc', {
    message: `clockTolerance is ${ms} ms`,
    remedy: 'Give whole milliseconds, up to a minute',
  });
}

function checkedUrl(text: string, prop: string, peer: Peer | undefined): URL {
  const url = plainUrl(text);
  const named = peer !== undefined || (url !== undefined && isHostPattern(url.hostname));
  if (url !== undefined && named && (url.protocol === 'https:' || (peer && url.protocol === 'http:'))) return url;
  throw new SynthError('ISSUER_INVALID', 'Auth.oidc', {
    message: `${prop}: "${text}" is not an https URL of a host with at least two labels`,
    remedy: 'Give one without user, query and fragment; http, addresses and short names are taken beside `peer` alone',
  });
}

/** Opens the way of a gateway to a URL: by its host, or to the peer that serves it. */
export function openUrl(workload: Workload, keys: URL, peer: Peer | undefined): void {
  const port = Number(keys.port || (keys.protocol === 'https:' ? 443 : 80));
  if (peer === undefined) workload.allowToHost({ host: keys.hostname, tls: true, privateCidrs: [], port });
  else if (peer._spec.kind === 'network') workload.allowTo(peer._spec.peer, tcp(port));
  else {
    const { host, tls, privateCidrs } = peer._spec;
    workload.allowToHost({ host, tls, privateCidrs, port });
  }
}

function anyCallerIsNoRole(): SynthError {
  return new SynthError('ROLE_INVALID', 'Auth.oidc', {
    message: 'Role.anyCaller() is no role that a token brings',
    remedy: 'Name the roles that count, or leave them out',
  });
}
