import type { KeycloakClientScope, KeycloakProtocolMapper } from '../../contract';
import type { GatewaySpec } from './realm-spec';

type Claims = Readonly<Record<string, string>>;

/** Where a claim goes to: into access tokens and the answers of introspection. */
const ACCESS: Claims = { 'access.token.claim': 'true', 'introspection.token.claim': 'true' };
/** Also into ID tokens. Without a word on userinfo, Keycloak imports it as for these. */
const IDENTITY: Claims = { ...ACCESS, 'id.token.claim': 'true', 'userinfo.token.claim': 'false' };
/** Also into the answers of the userinfo endpoint. */
const EVERYWHERE: Claims = { ...IDENTITY, 'userinfo.token.claim': 'true' };

/** Claims of the scope `profile` (OpenID Connect Core 1.0, section 5.4) with the attributes of users that they come from. */
const PROFILE_CLAIMS: readonly (readonly [name: string, attribute: string, claim: string, type?: string])[] = [
  ['birthdate', 'birthdate', 'birthdate'],
  ['family name', 'lastName', 'family_name'],
  ['gender', 'gender', 'gender'],
  ['given name', 'firstName', 'given_name'],
  ['locale', 'locale', 'locale'],
  ['middle name', 'middleName', 'middle_name'],
  ['nickname', 'nickname', 'nickname'],
  ['picture', 'picture', 'picture'],
  ['profile', 'profile', 'profile'],
  ['updated at', 'updatedAt', 'updated_at', 'long'],
  ['username', 'username', 'preferred_username'],
  ['website', 'website', 'website'],
  ['zoneinfo', 'zoneinfo', 'zoneinfo'],
];

/**
 * The client scopes that every client has. Keycloak makes its built-in ones only for a realm that declares none, and
 * without `basic` tokens have no `sub`, without `roles` no roles. They are as Keycloak 26 makes them.
 */
export function builtInScopes(): KeycloakClientScope[] {
  return [
    scope('acr', 'Authentication context class', HIDDEN, [mapper('acr loa level', 'oidc-acr-mapper', IDENTITY)]),
    scope('basic', 'Claims of every token', HIDDEN, [authTime(), mapper('sub', 'oidc-sub-mapper', ACCESS)]),
    scope('email', 'E-mail address', shown('${emailScopeConsentText}'), [
      attribute('email', 'email', 'email'),
      property('email verified', 'emailVerified', 'email_verified', 'boolean'),
    ]),
    scope('profile', 'Profile of the user', shown('${profileScopeConsentText}'), profileMappers()),
    scope('roles', 'Roles of the user', { ...shown('${rolesScopeConsentText}'), 'include.in.token.scope': 'false' }, [
      mapper('audience resolve', 'oidc-audience-resolve-mapper', ACCESS),
      roles('client roles', 'oidc-usermodel-client-role-mapper', 'resource_access.${client_id}.roles'),
      roles('realm roles', 'oidc-usermodel-realm-role-mapper', 'realm_access.roles'),
    ]),
    scope('web-origins', 'Origins that may use the token', HIDDEN, [
      mapper('allowed web origins', 'oidc-allowed-origins-mapper', ACCESS),
    ]),
  ];
}

/**
 * The optional scope of a gateway. Tokens have its audience, and the roles of the program, only where it was asked for.
 * It carries the roles itself: a client that registers with the scopes that it needs gets no other but `basic`.
 */
export function gatewayScope({
  scope: name,
  audience,
  introspectionSecret,
  exchange,
}: GatewaySpec): KeycloakClientScope {
  return scope(name, 'Tokens for a gateway', shown(`Use ${audience}`), [
    audienceOf('gateway audience', audience),
    // Keycloak says of a token to nobody but the clients in its audience whether it is active,
    ...(introspectionSecret === undefined ? [] : [audienceOf('introspection audience', name)]),
    // and exchanges it for nobody else.
    ...(exchange === undefined ? [] : [audienceOf('exchange audience', exchange.clientId)]),
    roles('realm roles', 'oidc-usermodel-realm-role-mapper', 'realm_access.roles'),
  ]);
}

/** Name of the scope by which tokens for a client are asked for in an exchange. */
export function targetScopeName(clientId: string): string {
  return `upstream:${clientId}`;
}

/**
 * The scope of an MCP server that gateways exchange tokens for. Only their own clients may ask for it; the tokens have the
 * server's client as their one audience, and no roles.
 */
export function targetScope(clientId: string): KeycloakClientScope {
  const config = { ...IDENTITY, 'id.token.claim': 'false', 'included.client.audience': clientId };
  return scope(targetScopeName(clientId), 'Tokens for an MCP server', HIDDEN, [
    mapper('server audience', 'oidc-audience-mapper', config),
  ]);
}

function audienceOf(name: string, audience: string) {
  const config = { ...IDENTITY, 'id.token.claim': 'false', 'included.custom.audience': audience };
  return mapper(name, 'oidc-audience-mapper', config);
}

const HIDDEN = { 'include.in.token.scope': 'false', 'display.on.consent.screen': 'false' };

function shown(consent: string) {
  return {
    'include.in.token.scope': 'true',
    'display.on.consent.screen': 'true',
    'consent.screen.text': consent,
  };
}

function scope(
  name: string,
  description: string,
  attributes: Claims,
  protocolMappers: KeycloakProtocolMapper[],
): KeycloakClientScope {
  return { name, description, protocol: 'openid-connect', attributes: { ...attributes }, protocolMappers };
}

function mapper(name: string, protocolMapper: string, config: Claims): KeycloakProtocolMapper {
  return { name, protocol: 'openid-connect', protocolMapper, config: { ...config } };
}

function authTime() {
  return mapper('auth_time', 'oidc-usersessionmodel-note-mapper', {
    ...IDENTITY,
    'user.session.note': 'AUTH_TIME',
    'claim.name': 'auth_time',
    'jsonType.label': 'long',
  });
}

function profileMappers() {
  return [
    mapper('full name', 'oidc-full-name-mapper', EVERYWHERE),
    ...PROFILE_CLAIMS.map(([name, from, claim, type]) => attribute(name, from, claim, type)),
  ];
}

function attribute(name: string, from: string, claim: string, type?: string) {
  return mapper(name, 'oidc-usermodel-attribute-mapper', claimOf(from, claim, type));
}

function property(name: string, from: string, claim: string, type?: string) {
  return mapper(name, 'oidc-usermodel-property-mapper', claimOf(from, claim, type));
}

function claimOf(from: string, claim: string, type = 'String'): Claims {
  return { ...EVERYWHERE, 'user.attribute': from, 'claim.name': claim, 'jsonType.label': type };
}

function roles(name: string, provider: string, claim: string) {
  const config = { ...ACCESS, multivalued: 'true', 'claim.name': claim, 'jsonType.label': 'String' };
  return mapper(name, provider, config);
}
