import type { Candidate, Hop } from './call-path';
import { callerNamed } from './callee-checks';
import { fact, type Check } from './check';
import { strangers, type Client } from './client';
import type { Agent, AgentBinding, Gateway, Program, Target } from './program';
import { accountOf, subjectOf } from './service-subject';
import { claimsFor, gatewayChecks, gatewayHop, onwardCandidates } from './user-paths';
import { invocationChecks, toolChecks, type UserClaims } from './user-checks';

const AUDIENCE = 'agentyard:';

/**
 * Ways of users of a gateway of the program through agents that are not. What is not known of them may be anything, so that
 * a way is never closed because a manifest was left out.
 */
export function foreignAgentCandidates(program: Program, gateway: Gateway, target: Target): Candidate[] {
  const bindings = program.foreignInvocationsOf(gateway);
  return bindings.flatMap((binding) => throughForeignAgent(program, gateway, binding, target));
}

/** Ways of users of gateways that documents name and that are not among the manifests. They may give users any role. */
export function foreignGatewayCandidates(program: Program, target: Target): Candidate[] {
  const { callers } = target.toolset.document.identity;
  return foreignIssuers(program, callers).flatMap((issuer) => [
    ...program.agentsWith(target).flatMap((agent) => fromForeignGateway(program, issuer, agent, target)),
    ...byForeignCaller(program, issuer, target),
  ]);
}

/** Gateways that documents name and that are not among the manifests, `namespace/name`. */
export function foreignGateways(program: Program): string[] {
  const members = [...program.toolsets, ...program.agents];
  const callers = members.flatMap(({ document }): readonly UserCaller[] => document.identity.callers);
  return foreignIssuers(program, callers).map(nameOfAudience);
}

interface UserCaller {
  readonly claimIssuers: readonly string[];
}

function foreignIssuers({ gateways }: Program, callers: readonly UserCaller[]): string[] {
  const own = new Set(gateways.map(({ document }) => document.identity.issuer));
  const named = new Set(callers.flatMap(({ claimIssuers }) => claimIssuers));
  return [...named].filter((issuer) => !own.has(issuer)).sort();
}

/** From a gateway of the program through an agent that is not: it may have any tool and admit anybody. */
function throughForeignAgent(program: Program, gateway: Gateway, binding: AgentBinding, target: Target): Candidate[] {
  const name = nameOfAudience(binding.serviceToken.audience);
  const title = `agent ${name}`;
  const known = clientsAt(program, gateway, binding, title).filter(
    // One that the toolset does not know is no promising way.
    (client) => callerNamed(target.toolset.document.identity.callers, client) !== undefined,
  );
  return known.map((client) => ({
    gateway: gateway.name,
    hops: [gatewayHop(gateway), { kind: 'agent', name }, { kind: 'toolset', name: target.toolset.name }],
    checks: [
      ...gatewayChecks(gateway, binding, title),
      reaches(program, gateway, binding, title),
      fact(true, '', `${title} is not among the manifests, and may have any tool`),
      ...toolChecks(program, client, claimsFor(gateway, binding), target),
    ],
  }));
}

/** What serves at the address of an agent that is not of the program. */
function clientsAt(program: Program, gateway: Gateway, binding: AgentBinding, title: string): Client[] {
  const targets = program.targetsOf(gateway, binding).map(({ workload }) => workload);
  if (targets.length === 0) return [{ title, subject: binding.subject, end: accountOf(binding.subject) }];
  const others = targets.filter((workload) => !program.isRuntime(workload));
  return others.map((workload) => ({ title, subject: subjectOf(workload), end: workload }));
}

/** From a gateway that is not of the program through an agent that is. */
function fromForeignGateway(program: Program, issuer: string, agent: Agent, target: Target): Candidate[] {
  const claims = foreignClaims(issuer);
  const callers = agent.document.identity.callers.filter(({ claimIssuers }) => claimIssuers.includes(issuer));
  const clients = callers.flatMap(({ subject }) => strangers(program, claims.gateway, subject));
  return clients.flatMap((client) => {
    const checks = [credential(claims), ...invocationChecks(program, client, claims, agent)];
    return onwardCandidates(program, agent, claims, target).map((onward): Candidate => ({
      gateway: nameOfAudience(issuer),
      hops: [foreignHop(issuer), ...onward.hops],
      checks: [...checks, ...onward.checks],
    }));
  });
}

/** From a gateway that is not of the program by a caller of the toolset that is not either, or by the gateway itself. */
function byForeignCaller(program: Program, issuer: string, target: Target): Candidate[] {
  const { name: toolset, document } = target.toolset;
  const claims = foreignClaims(issuer);
  const callers = document.identity.callers.filter(({ claimIssuers }) => claimIssuers.includes(issuer));
  return callers.flatMap(({ name, subject }) => {
    const isGateway = name === nameOfAudience(issuer);
    const title = isGateway ? claims.gateway : `service ${name}`;
    const between: Hop[] = isGateway ? [] : [{ kind: 'service', name }];
    return strangers(program, title, subject).map((client): Candidate => ({
      gateway: nameOfAudience(issuer),
      hops: [foreignHop(issuer), ...between, { kind: 'toolset', name: toolset }],
      checks: [credential(claims), ...toolChecks(program, client, claims, target)],
    }));
  });
}

function foreignClaims(issuer: string): UserClaims {
  return { gateway: `gateway ${nameOfAudience(issuer)}`, issuer };
}

function foreignHop(issuer: string): Hop {
  return { kind: 'gateway', name: nameOfAudience(issuer) };
}

function credential({ gateway }: UserClaims): Check {
  return { kind: 'credential', gateway, auth: undefined };
}

function reaches(program: Program, { workload, title }: Gateway, { host, port }: AgentBinding, agent: string): Check {
  const verdict = () => program.platform.canReach(workload, host, port);
  return {
    kind: 'fact',
    holds: () => verdict().allowed,
    because: () => verdict().because,
    missing: () => `${title} may not connect to ${agent} at ${host}:${port}: ${verdict().because.join('; ')}`,
  };
}

/** `namespace/name` of the service that an audience or issuer stands for. */
function nameOfAudience(audience: string): string {
  return audience.slice(AUDIENCE.length);
}
