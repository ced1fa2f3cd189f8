import type { CardSecurity, GatewayDocument } from 'agentyard/contract';

/** What callers of a gateway may show, as agents' cards say it. */
export function cardSecurityOf({ auth }: Pick<GatewayDocument, 'auth'>): CardSecurity[] {
  if (auth.mode === 'none') return [];
  const scopes = auth.resource?.scopes ?? [];
  // Where an issuer's keys are given, it may have no discovery document.
  const issuers = auth.issuers.filter(({ jwksUri }) => jwksUri === undefined);
  const tokens = [
    ...(auth.issuers.length > 0 ? [`an access token of ${auth.issuers.map(({ issuer }) => issuer).join(' or ')}`] : []),
    ...(auth.apiKeys === undefined ? [] : ['an API key']),
    ...(auth.demoToken === undefined ? [] : ['the demo token']),
  ];
  return [
    ...issuers.map(({ issuer }) => ({ kind: 'openid-connect' as const, issuer, scopes })),
    { kind: 'bearer' as const, description: tokens.join(', or ') },
    ...(auth.apiKeys === undefined ? [] : [{ kind: 'api-key' as const, header: 'x-api-key' }]),
  ];
}
