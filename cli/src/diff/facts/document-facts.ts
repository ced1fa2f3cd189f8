import type { WorkloadDocument } from 'agentyard/authorization';
import type {
  AgentDocument,
  EgressProxyDocument,
  GatewayDocument,
  McpServer,
  ToolsetBinding,
  ToolsetDocument,
} from 'agentyard/contract';
import type { FactSheet, Owner } from '../fact.js';
import { Facts } from './facts.js';
import { agentIdentityFacts, gatewayIdentityFacts, toolsetIdentityFacts } from './identity-facts.js';
import { inBytes, inSeconds } from './quantity.js';

/** What the document of a runtime permits and limits. */
export function documentFacts(owner: Owner, told: WorkloadDocument): FactSheet {
  const facts = new Facts(owner, told.runtime);
  facts.limit('limits', 'maxBodyBytes', 'largest request body', bodyLimit(told), inBytes);
  return Facts.joined([facts, ...partsOf(facts, owner, told)]);
}

/** Adds what a document says, and says what is there of its toolsets, agents and the like. */
function partsOf(facts: Facts, owner: Owner, told: WorkloadDocument): FactSheet[] {
  switch (told.runtime) {
    case 'agent':
      return [agentIdentityFacts(owner, told.document), ...addAgent(facts, owner, told.document)];
    case 'gateway':
      return [gatewayIdentityFacts(owner, told.document), ...gatewayFacts(owner, told.document)];
    case 'sandbox':
      return [toolsetIdentityFacts(owner, told.document), ...addToolset(facts, owner, told.document)];
    case 'egress-proxy':
      return addProxy(facts, told.document);
  }
}

function bodyLimit({ document }: WorkloadDocument): number | undefined {
  return 'maxBodyBytes' in document ? document.maxBodyBytes : undefined;
}

function addAgent(facts: Facts, owner: Owner, { model, price, limits, prompt, toolsets }: AgentDocument): FactSheet[] {
  const { provider, ...settings } = model;
  const rest = settings as Readonly<Record<string, unknown>>;
  const id = typeof rest.modelId === 'string' ? ` ${rest.modelId}` : '';
  facts.setting('model', 'model', 'model', `${provider}${id}`);
  const how = { ...rest, modelId: undefined, maxOutputTokens: undefined };
  facts.secretSetting('model', 'model settings', 'how the model is called', JSON.stringify(how));
  facts.secretSetting('model', 'prompt', 'prompt', prompt);
  const called = new Facts(owner, `model ${provider === 'scripted' ? 'scripted' : ''}`);
  called.limit('limits', 'maxOutputTokens', 'tokens of one answer', rest.maxOutputTokens as number | undefined);
  facts.limit('limits', 'maxTurns', 'model calls of one request (maxTurns)', limits.maxTurns);
  facts.limit('limits', 'maxToolCalls', 'tool calls of one request (maxToolCalls)', limits.maxToolCalls);
  facts.limit('limits', 'maxInputTokens', 'tokens in of one request (maxInputTokens)', limits.maxInputTokens);
  facts.limit('limits', 'tokens out', 'tokens out of one request (maxOutputTokens)', limits.maxOutputTokens);
  facts.limit('limits', 'maxTotalTokens', 'tokens of one request (maxTotalTokens)', limits.maxTotalTokens);
  facts.limit('limits', 'maxCost', 'money of one request (maxCost)', limits.maxCost);
  facts.setting('limits', 'price', 'price of the model', price && JSON.stringify(price));
  facts.limit('limits', 'timeoutMs', 'time of one request', limits.timeoutMs, inSeconds);
  return [called, ...toolsets.map((toolset) => toolsetFacts(owner, toolset))];
}

function toolsetFacts(owner: Owner, toolset: ToolsetBinding): FactSheet {
  const { name, host, port, timeoutMs, tools, serviceToken } = toolset;
  const facts = new Facts(owner, `toolset ${name}`);
  facts.setting('tokens', `token for ${name}`, `token that toolset ${name} is shown`, JSON.stringify(serviceToken));
  facts.setting('tools', `address of ${name}`, `address of toolset ${name}`, `${host}:${port}`);
  facts.limit('limits', `timeoutMs of ${name}`, `time of one call of toolset ${name}`, timeoutMs, inSeconds);
  const each = tools.map((tool) => {
    const own = new Facts(owner, `tool ${name}/${tool.name}`);
    own.grant('tools', `tool ${name}/${tool.name}`, `may call tool ${tool.name} of toolset ${name}`);
    own.setting('tools', `name of ${name}/${tool.name}`, `name that tool ${tool.name} of ${name} has here`, tool.as);
    return own;
  });
  return Facts.joined([facts, ...each]);
}

function gatewayFacts(owner: Owner, document: GatewayDocument): FactSheet[] {
  const { agents, routes, toolsets, mcpServers, agentTools } = document;
  return [
    foreignFacts(owner, document),
    ...agentTools.map((name) => agentToolFacts(owner, name)),
    ...agents.map((agent) => agentFacts(owner, agent)),
    ...routes.map((route) => routeFacts(owner, route)),
    ...toolsets.map((toolset) => Facts.joined([toolsetFacts(owner, toolset), loadFacts(owner, 'toolset', toolset)])),
    ...agents.map((agent) => loadFacts(owner, 'agent', agent)),
    ...mcpServers.map((server) => Facts.joined([serverFacts(owner, server), loadFacts(owner, 'server', server)])),
  ];
}

/** How a gateway tells apart what servers offer, and where its replicas meet. */
function foreignFacts(owner: Owner, { foreignNames, peers }: GatewayDocument): FactSheet {
  const facts = new Facts(owner, 'names of servers, and peers');
  facts.setting('tools', 'foreign names', 'how names of MCP servers are told apart', foreignNames);
  facts.setting('network', 'peers', 'where its replicas meet', peers && `${peers.host}:${peers.port}`);
  return facts;
}

function agentToolFacts(owner: Owner, name: string): FactSheet {
  const facts = new Facts(owner, `agent tool ${name}`);
  facts.grant('tools', `agent tool ${name}`, `offers agent ${name} as an MCP tool`);
  return facts;
}

function serverFacts(owner: Owner, { name, endpoint, timeoutMs, listTimeoutMs, mayAsk }: McpServer): FactSheet {
  const facts = new Facts(owner, `MCP server ${name}`);
  const at = endpoint.by === 'url' ? endpoint.url : `pods of ${endpoint.host}:${endpoint.port}${endpoint.path}`;
  facts.grant('tools', `server ${name}`, `serves MCP server ${name}`);
  facts.tellingSetting('tools', `address of ${name}`, `address of MCP server ${name}`, at);
  for (const feature of mayAsk) {
    facts.grant('callers', `${name} asks ${feature}`, `lets MCP server ${name} ask its callers for ${feature}`);
  }
  facts.limit('limits', `timeoutMs of ${name}`, `time of one request to MCP server ${name}`, timeoutMs, inSeconds);
  const list = `time that a list waits for MCP server ${name}`;
  facts.limit('limits', `listTimeoutMs of ${name}`, list, listTimeoutMs, inSeconds);
  return facts;
}

/** How much of one callee a gateway asks for. */
function loadFacts(
  owner: Owner,
  kind: 'agent' | 'toolset' | 'server',
  { name, limits }: Pick<GatewayDocument['agents'][number], 'name' | 'limits'>,
): FactSheet {
  const facts = new Facts(owner, `${kind} ${name}`);
  const whose = `of ${kind} ${name}`;
  const { circuitBreaker: breaker } = limits;
  facts.limit('limits', `maxConcurrency ${whose}`, `requests at once to a pod ${whose}`, limits.maxConcurrency);
  facts.limit('limits', `maxQueue ${whose}`, `requests that wait in the gateway ${whose}`, limits.maxQueue);
  facts.limit('limits', `queueTimeoutMs ${whose}`, `time in the queue ${whose}`, limits.queueTimeoutMs, inSeconds);
  facts.setting('limits', `circuit breaker ${whose}`, `circuit breaker ${whose}`, JSON.stringify(breaker));
  return facts;
}

function agentFacts(owner: Owner, agent: GatewayDocument['agents'][number]): FactSheet {
  const { name, card, host, port, timeoutMs, serviceToken } = agent;
  const facts = new Facts(owner, `agent ${name}`);
  facts.secretSetting('tools', `description of ${name}`, `description of agent ${name}`, card.description ?? '');
  facts.setting('tokens', `token for ${name}`, `token that agent ${name} is shown`, JSON.stringify(serviceToken));
  facts.setting('routes', `address of ${name}`, `address of agent ${name}`, `${host}:${port}`);
  facts.limit('limits', `timeoutMs of ${name}`, `time of one request to agent ${name}`, timeoutMs, inSeconds);
  return facts;
}

function routeFacts(owner: Owner, route: GatewayDocument['routes'][number]): FactSheet {
  const { name, priority, match, backends, affinity } = route;
  const facts = new Facts(owner, `route ${name}`);
  const [asked, ...conditions] = matchTexts(match);
  const all = [asked, ...conditions].join(' ');
  for (const { agent } of backends.filter(({ weight }) => weight > 0)) {
    // With conditions it permits less.
    const within = conditions.length === 0 ? [] : [`${asked} to ${agent}`];
    facts.grant('routes', `${all} to ${agent}`, `routes requests ${all} to agent ${agent}`, within);
  }
  const weights = backends.map(({ agent, weight }) => `${agent} ${weight}`).join(', ');
  facts.setting('routes', `order of ${name}`, `route ${name}`, `priority ${priority}, weights ${weights}`);
  const told = conditions.length === 0 ? undefined : conditions.join(' ');
  facts.setting('routes', `conditions of ${name}`, `conditions of route ${name}`, told);
  const text = affinity && `by ${affinity.by}, load factor ${affinity.loadFactor}`;
  facts.setting('routes', `affinity of ${name}`, `affinity of route ${name}`, text);
  return facts;
}

/** What a route goes by, and its conditions. */
function matchTexts(match: GatewayDocument['routes'][number]['match']): [string, ...string[]] {
  const { headers = [], callerRoles } = match;
  return [
    match.by === 'agent' ? `that ask for agent ${match.agent}` : `whose intent matches ${match.pattern}`,
    ...headers.map((header) => {
      const is = header.by === 'value' ? `is ${header.value}` : `matches ${header.pattern}`;
      return `and whose header ${header.name} ${is}`;
    }),
    ...(callerRoles === undefined ? [] : [`and whose caller has role ${callerRoles.join(' or ')}`]),
  ];
}

function addToolset(facts: Facts, owner: Owner, document: ToolsetDocument): FactSheet[] {
  const { limits } = document;
  for (const { name } of document.data) facts.grant('volumes', `data ${name}`, `gives its tools the data ${name}`);
  for (const name of document.environment) {
    facts.grant('secrets', `environment ${name}`, `gives its tools the variable ${name}`);
  }
  if (document.subprocesses) facts.grant('hardening', 'subprocesses', 'lets its tools start processes');
  if (document.isolation.network) facts.grant('hardening', 'sockets', 'lets its tools open sockets of the network');
  for (const layer of document.isolation.requiredLayers) {
    facts.restriction('hardening', `layer ${layer}`, `the layer ${layer} around its tools`);
  }
  facts.limit('limits', 'timeoutMs', 'time of one tool call', limits.timeoutMs, inSeconds);
  facts.limit('limits', 'memoryBytes', 'memory of one tool call', limits.memoryBytes, inBytes);
  facts.limit('limits', 'maxProcesses', 'processes of one tool call', limits.maxProcesses);
  facts.limit('limits', 'outputBytes', 'output of one tool call', limits.outputBytes, inBytes);
  facts.limit('limits', 'maxConcurrency', 'tool calls at once (maxConcurrency)', limits.maxConcurrency);
  facts.limit('limits', 'warmProcesses', 'processes that wait for a call (warmProcesses)', limits.warmProcesses);
  facts.limit('limits', 'maxQueue', 'tool calls that wait (maxQueue)', limits.maxQueue);
  if (document.server !== undefined) {
    facts.secretSetting('tools', 'server', 'command of the server of its tools', JSON.stringify(document.server));
  }
  return document.tools.map((tool) => toolFacts(owner, tool));
}

function toolFacts(owner: Owner, tool: ToolsetDocument['tools'][number]): FactSheet {
  const { name, sha256, module, allowedRoles: _roles, argumentRules: _rules, ...declared } = tool;
  const facts = new Facts(owner, `served tool ${name}`);
  facts.grant('tools', `serves ${name}`, `serves tool ${name}`);
  facts.secretSetting('tools', `code of ${name}`, `code of tool ${name}`, sha256 ?? module ?? 'in the server');
  facts.secretSetting('tools', `declaration of ${name}`, `declaration of tool ${name}`, JSON.stringify(declared));
  return facts;
}

function addProxy(facts: Facts, { allowLists, parent }: EgressProxyDocument): FactSheet[] {
  facts.setting('network', 'parent', 'proxy that it goes through', parent && `${parent.host}:${parent.port}`);
  for (const { name, port } of allowLists.flatMap(({ hosts }) => hosts)) {
    const host = `${name}:${port}`;
    facts.grant('network', `host ${host}`, `lets clients of a list through to ${host}`);
  }
  return [];
}
