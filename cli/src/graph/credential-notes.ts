import type { GatewayDocument } from 'agentyard/contract';

/** Which credentials a gateway takes, in a few words each. */
export function credentialNotes({ auth }: GatewayDocument): string[] {
  if (auth.mode === 'none') return [];
  return [
    ...auth.issuers.map(({ issuer }) => `tokens of ${URL.parse(issuer)?.host ?? issuer}`),
    ...(auth.apiKeys === undefined ? [] : ['API keys']),
    ...(auth.demoToken === undefined ? [] : ['demo token']),
  ];
}
