import { OTHER_TOOLS } from 'agentyard/authorization';
import {
  ANY_CALLER,
  introspectsJwts,
  takesOpaqueTokens,
  type AgentDocument,
  type AllowedRoles,
  type GatewayDocument,
  type McpServer,
  type TokenIssuer,
  type ToolsetDocument,
  type ToolPermission,
} from 'agentyard/contract';
import type { FactSheet, Owner } from '../fact.js';
import { Facts } from './facts.js';
import { inSeconds } from './quantity.js';

/** Who may call a gateway, and what the ones that it lets in may see. */
export function gatewayIdentityFacts(owner: Owner, document: GatewayDocument): FactSheet {
  const { auth, agents, toolsets, mcpServers, identity } = document;
  const facts = new Facts(owner, 'who may call it');
  facts.setting('authentication', 'identity', 'who it is to others', `${identity.issuer} ${identity.subject}`);
  facts.setting('authentication', 'signing keys', 'directory of its signing keys', identity.signingKeysDirectory);
  if (auth.mode === 'none') {
    facts.grant('authentication', 'none', 'lets anybody in who can connect: no authentication (auth none)');
  } else {
    if (auth.apiKeys !== undefined) {
      facts.grant('authentication', 'keys', 'lets in whoever has an API key');
      facts.setting('authentication', 'keys directory', 'directory of the API keys', auth.apiKeys.directory);
    }
    if (auth.demoToken !== undefined) {
      facts.grant('authentication', 'demo', 'lets in whoever sends the public demo token');
      for (const role of auth.demoToken.roles) {
        facts.grant('authentication', `demo ${role}`, `gives the role ${role} to whoever sends the public demo token`);
      }
    }
    facts.setting('authentication', 'resource', 'what clients are told of it', JSON.stringify(auth.resource));
  }
  for (const { name, allowedRoles, argumentRules, subject, claimAudiences } of agents) {
    addRoles(facts, `agent ${name}`, allowedRoles, (who) => `lets ${who} invoke agent ${name}`);
    addArgumentRules(facts, `agent ${name}`, `agent ${name}`, argumentRules);
    for (const audience of claimAudiences) {
      const text = `lets agent ${name} (${subject}) call ${audience} for users`;
      facts.grant('callers', `${name} ${subject} for ${audience}`, text);
    }
  }
  for (const { name: toolset, tools } of toolsets) {
    for (const { name, allowedRoles, argumentRules } of tools) {
      const text = (who: string) => `shows tool ${name} of toolset ${toolset} to ${who}`;
      addRoles(facts, `tool ${toolset}/${name}`, allowedRoles, text);
      addArgumentRules(facts, `tool ${toolset}/${name}`, `tool ${name} of toolset ${toolset}`, argumentRules);
    }
  }
  for (const server of mcpServers) addServerRoles(facts, server);
  const issuers = auth.mode === 'none' ? [] : auth.issuers;
  return Facts.joined([facts, ...issuers.map((issuer) => issuerFacts(owner, issuer))]);
}

function addServerRoles(facts: Facts, { name, tools, otherTools, resources, prompts }: McpServer): void {
  const add = (subject: string, what: string, allowed: AllowedRoles) =>
    addRoles(facts, subject, allowed, (who) => `shows ${what} of MCP server ${name} to ${who}`);
  for (const tool of tools) {
    const subject = `tool ${name}/${tool.name}`;
    add(subject, `tool ${tool.name}`, tool.allowedRoles);
    addArgumentRules(facts, subject, `tool ${tool.name} of MCP server ${name}`, tool.argumentRules);
  }
  add(`tool ${name}/${OTHER_TOOLS}`, 'other tools', otherTools);
  add(`resources of ${name}`, 'resources', resources);
  add(`prompts of ${name}`, 'prompts', prompts);
}

function issuerFacts(owner: Owner, issuer: TokenIssuer): FactSheet {
  const { issuer: name, audiences, roles, algorithms, clockToleranceMs, jwksUri } = issuer;
  const facts = new Facts(owner, `issuer ${name}`);
  for (const audience of audiences) {
    facts.grant('authentication', `${name} for ${audience}`, `lets in access tokens of ${name} for ${audience}`);
  }
  for (const role of roles) {
    facts.grant('authentication', `${name} brings ${role}`, `takes the role ${role} from tokens of ${name}`);
  }
  for (const algorithm of algorithms) {
    facts.grant('authentication', `${name} ${algorithm}`, `takes signatures by ${algorithm} of ${name}`);
  }
  facts.tellingSetting('authentication', `keys of ${name}`, `where the keys of ${name} are`, jwksUri ?? 'discovered');
  addIntrospection(facts, issuer);
  const claims = JSON.stringify([issuer.userClaim, issuer.roleClaims]);
  facts.tellingSetting('authentication', `claims of ${name}`, `claims of ${name} with user and roles`, claims);
  facts.limit('authentication', `clock of ${name}`, `tolerance for the clock of ${name}`, clockToleranceMs, inSeconds);
  return facts;
}

/** What is no JWT counts by introspection alone; that of JWTs takes back what was revoked. */
function addIntrospection(facts: Facts, issuer: TokenIssuer): void {
  const { issuer: name, introspection } = issuer;
  if (introspection === undefined) return;
  const { endpoint, clientId } = introspection;
  if (takesOpaqueTokens(issuer)) facts.grant('authentication', `${name} opaque`, `lets in opaque tokens of ${name}`);
  if (introspectsJwts(issuer)) {
    facts.restriction('authentication', `${name} active`, `to ask ${name} whether tokens are active`);
  }
  const where = JSON.stringify([endpoint, clientId]);
  facts.tellingSetting('authentication', `endpoint of ${name}`, `where ${name} is asked about tokens`, where);
}

/** Who may call an agent, and for whom. */
export function agentIdentityFacts(owner: Owner, { identity, allowedRoles, argumentRules }: AgentDocument): FactSheet {
  const facts = new Facts(owner, 'who may call it');
  facts.setting('authentication', 'identity', 'who it is to others', `${identity.audience} ${identity.subject}`);
  addTrust(facts, identity.trustBundleDirectory);
  addRoles(facts, 'agent', allowedRoles, (who) => `may be invoked for ${who}`);
  addArgumentRules(facts, 'agent', 'requests', argumentRules);
  for (const { name, subject, claimIssuers, withoutUser } of identity.callers) {
    addCaller(facts, name, subject, claimIssuers);
    if (withoutUser) facts.grant('callers', `${subject} alone`, `lets ${name} invoke it for no user`);
  }
  return facts;
}

/** Who may call a toolset, for whom, and what of it. */
export function toolsetIdentityFacts(owner: Owner, { identity, tools }: ToolsetDocument): FactSheet {
  const facts = new Facts(owner, 'who may call it');
  facts.setting('authentication', 'identity', 'who it is to others', identity.audience);
  addTrust(facts, identity.trustBundleDirectory);
  for (const { name, allowedRoles, argumentRules } of tools) {
    addRoles(facts, `tool ${name}`, allowedRoles, (who) => `runs tool ${name} for ${who}`);
    addArgumentRules(facts, `tool ${name}`, `tool ${name}`, argumentRules);
  }
  for (const { name, subject, claimIssuers, tools: forUsers, ownTools } of identity.callers) {
    addCaller(facts, name, subject, claimIssuers);
    for (const tool of forUsers) {
      facts.grant('callers', `${subject} calls ${tool}`, `lets ${name} call tool ${tool} for users`);
    }
    for (const tool of ownTools) {
      facts.grant('callers', `${subject} calls ${tool} alone`, `lets ${name} call tool ${tool} for itself`);
    }
  }
  return facts;
}

function addTrust(facts: Facts, directory: string): void {
  facts.tellingSetting('authentication', 'trust bundle', 'directory of the keys that it checks callers by', directory);
}

function addCaller(facts: Facts, name: string, subject: string, claimIssuers: readonly string[]): void {
  facts.grant('callers', subject, `lets ${name} (${subject}) call it`);
  for (const issuer of claimIssuers) {
    facts.grant('callers', `${subject} with users of ${issuer}`, `takes users of ${issuer} from ${name}`);
  }
}

/** What every caller may, each role may. */
/** Rules restrict; of two sets of rules it is not known which one allows more. */
function addArgumentRules(facts: Facts, subject: string, tool: string, rules: ToolPermission['argumentRules']): void {
  if (rules === undefined) return;
  facts.restriction('callers', `${subject} arguments`, `to check the arguments of ${tool}`);
  const text = `rules about the arguments of ${tool}`;
  facts.tellingSetting('callers', `${subject} argument rules`, text, JSON.stringify(rules));
}

function addRoles(facts: Facts, subject: string, allowed: AllowedRoles, text: (who: string) => string): void {
  const all = `${subject} for all`;
  if (allowed === ANY_CALLER) facts.grant('callers', all, text('every caller'));
  else for (const role of allowed) facts.grant('callers', `${subject} for ${role}`, text(`role ${role}`), [all]);
}
