import type { KeycloakClient, KeycloakClientScope, KeycloakRealmRepresentation } from 'agentyard/contract';
import type { PlacedRealm } from '../../evaluated/identity-documents.js';
import type { FactSheet, Owner } from '../fact.js';
import { Facts } from './facts.js';
import { inSeconds } from './quantity.js';

/** Settings of Keycloak's audience mapper that name the audience: any, or a client. */
const [AUDIENCE, CLIENT_AUDIENCE] = ['included.custom.audience', 'included.client.audience'];

/** Whom a realm of Keycloak knows, and for what it gives them tokens. */
export function realmFacts(owner: Owner, { realm, secrets }: PlacedRealm): FactSheet {
  const { roles, defaultRole, users, scopeMappings, clients, clientScopes, ...settings } = realm;
  const facts = new Facts(owner, 'realm');
  for (const { name, description, composites } of roles.realm) {
    facts.setting('roles', `role ${name}`, `role ${name}`, description);
    for (const included of composites?.realm ?? []) {
      const who = name === defaultRole.name ? 'every user' : `whoever has the role ${name}`;
      facts.grant('roles', `${name} includes ${included}`, `gives ${who} the role ${included}`);
    }
  }
  for (const { username, serviceAccountClientId: client, realmRoles } of users) {
    const who = client === undefined ? `user ${username}` : `the service account of client ${client}`;
    if (client === undefined) facts.grant('authentication', who, `has the ${who}`);
    for (const role of realmRoles) facts.grant('roles', `${who} has ${role}`, `gives ${who} the role ${role}`);
  }
  for (const { clientScope, roles: brought } of scopeMappings) {
    for (const role of brought) {
      facts.grant(
        'roles',
        `${clientScope} brings ${role}`,
        `puts the role ${role} into tokens with scope ${clientScope}`,
      );
    }
  }
  for (const [variable, secret] of secrets) {
    facts.grant('secrets', `${variable} ${secret}`, `takes ${variable} from Secret ${secret}`);
  }
  addSettings(facts, settings);
  return Facts.joined([
    facts,
    ...clientScopes.map((scope) => scopeFacts(owner, scope)),
    ...clients.map((client) => clientFacts(owner, client)),
  ]);
}

type Settings = Omit<
  KeycloakRealmRepresentation,
  'roles' | 'defaultRole' | 'users' | 'scopeMappings' | 'clients' | 'clientScopes'
>;

function addSettings(facts: Facts, settings: Settings): void {
  const { components, clientProfiles, clientPolicies, ...rest } = settings;
  const { accessTokenLifespan, offlineSessionIdleTimeout, offlineSessionMaxLifespan, failureFactor, ...others } = rest;
  const seconds = (name: string, text: string, value: number) =>
    facts.limit('limits', name, text, value * 1000, inSeconds);
  seconds('accessTokenLifespan', 'time for which access tokens are valid', accessTokenLifespan);
  seconds('offlineSessionIdleTimeout', 'time without use after which offline access ends', offlineSessionIdleTimeout);
  seconds('offlineSessionMaxLifespan', 'time after which offline access ends', offlineSessionMaxLifespan);
  facts.limit('limits', 'failureFactor', 'wrong passwords until a user is locked out', failureFactor);
  const registration = JSON.stringify([components, clientProfiles, clientPolicies]);
  const what = 'what clients that register themselves may do';
  facts.tellingSetting('authentication', 'client registration', what, registration);
  facts.tellingSetting('authentication', 'settings of the realm', 'settings of the realm', JSON.stringify(others));
}

function scopeFacts(owner: Owner, { name, protocolMappers, ...rest }: KeycloakClientScope): FactSheet {
  const facts = new Facts(owner, `client scope ${name}`);
  const audiences = protocolMappers.flatMap(({ config }) => config[AUDIENCE] ?? config[CLIENT_AUDIENCE] ?? []);
  for (const audience of audiences) {
    const text = `issues tokens for ${audience} to clients that ask for scope ${name}`;
    facts.grant('authentication', `${name} for ${audience}`, text);
  }
  const claims = protocolMappers.map((mapper) => ({
    ...mapper,
    config: { ...mapper.config, [AUDIENCE]: undefined, [CLIENT_AUDIENCE]: undefined },
  }));
  const settings = JSON.stringify([claims, rest]);
  facts.tellingSetting('authentication', `claims of ${name}`, `claims of client scope ${name}`, settings);
  return facts;
}

function clientFacts(owner: Owner, client: KeycloakClient): FactSheet {
  const { clientId, redirectUris, webOrigins, defaultClientScopes, optionalClientScopes, ...flows } = client;
  const { publicClient, standardFlowEnabled, serviceAccountsEnabled, consentRequired, enabled, ...rest } = flows;
  const facts = new Facts(owner, `client ${clientId}`);
  const grant = (what: string, text: string) => facts.grant('authentication', `client ${clientId} ${what}`, text);
  if (enabled) grant('is there', `has the client ${clientId}`);
  if (publicClient) grant('public', `takes client ${clientId} without a credential`);
  if (standardFlowEnabled) grant('code', `lets people sign in with client ${clientId}`);
  if (serviceAccountsEnabled) grant('service', `gives client ${clientId} tokens for itself`);
  for (const uri of redirectUris)
    grant(`redirect ${uri}`, `sends people who sign in with client ${clientId} to ${uri}`);
  for (const origin of webOrigins) grant(`origin ${origin}`, `lets pages of ${origin} call it for client ${clientId}`);
  for (const scope of [...defaultClientScopes, ...optionalClientScopes]) {
    grant(`scope ${scope}`, `lets client ${clientId} have scope ${scope}`);
  }
  for (const scope of defaultClientScopes) grant(`always ${scope}`, `gives client ${clientId} scope ${scope} unasked`);
  if (consentRequired) facts.restriction('authentication', `consent ${clientId}`, `to ask users of client ${clientId}`);
  const settings = JSON.stringify(rest);
  facts.tellingSetting('authentication', `settings of ${clientId}`, `settings of client ${clientId}`, settings);
  return facts;
}
