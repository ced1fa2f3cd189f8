import type { AgentDocumentInput, GatewayDocumentInput, ToolsetDocumentInput } from 'agentyard/contract';
import { CRON, INTENTS } from './random-documents';
import type { RandomProgram } from './random-program';
import { hostOf, PORT, subjectOf, type Place } from './small-program';

/** What somebody shows to a gateway. */
type Credential =
  | { readonly by: 'nothing' }
  | { readonly by: 'key'; readonly roles: readonly string[] }
  | { readonly by: 'token'; readonly iss: string; readonly roles: readonly string[] }
  | { readonly by: 'demo token' };

/** A user claim, as if its signature were right. */
interface Claim {
  readonly iss: string;
  readonly roles: readonly string[];
  readonly aud: readonly string[];
  readonly azp: string;
}

/** A request between our parts. */
interface Request {
  /** The workload whose pod sends it; of a pod of nobody's, those that it may be taken for. */
  readonly from: readonly string[];
  /** A service token, as if its signature were right. */
  readonly bearer: { readonly sub: string; readonly aud: string };
  readonly claim?: Claim;
}

type Tools = { readonly list: string[]; readonly call: (tool: string) => boolean };

/**
 * Does what the runtimes do, request by request, and notes which tools have run. It shares nothing with `lib/authorization`:
 * it tries everything that can be asked, and knows ways only by going them.
 */
export class SimulatedPlatform {
  /** `namespace/toolset/tool`. */
  private readonly ran = new Set<string>();

  public constructor(private readonly program: RandomProgram) {}

  /** Tools that have run after a user with exactly these roles has asked a gateway for everything. */
  public afterUser(gateway: GatewayDocumentInput, roles: readonly string[]): Set<string> {
    this.ran.clear();
    for (const credential of this.credentialsWith(gateway, roles)) {
      for (const offered of gateway.toolsets.flatMap(({ tools }) => tools.map(({ as }) => as))) {
        this.callAtGateway(gateway, credential, offered);
      }
      for (const { name } of gateway.agents) this.invokeAtGateway(gateway, credential, { agent: name });
      for (const intent of INTENTS) this.invokeAtGateway(gateway, credential, { intent });
    }
    return new Set(this.ran);
  }

  /** Tools that have run after pods with a ServiceAccount have asked for everything, without a user. */
  public afterService(subject: string): Set<string> {
    this.ran.clear();
    for (const agent of this.program.agents) if (this.subjectOf(agent) === subject) this.think(agent, undefined);
    const holders = this.workloads.filter((workload) => this.subjectOf(workload) === subject);
    const [, , namespace = ''] = subject.split(':');
    if (holders.includes(CRON)) this.askForEverything(subject, [CRON.name]);
    // No label of it is known, so that it may be what policies let in.
    const alike = this.workloads.filter((workload) => workload.namespace === namespace).map(({ name }) => name);
    if (holders.length === 0) this.askForEverything(subject, alike);
    return new Set(this.ran);
  }

  private get workloads(): readonly Place[] {
    const { gateways, agents, toolsets } = this.program;
    return [...gateways, ...agents, ...toolsets, CRON];
  }

  private askForEverything(subject: string, from: readonly string[]): void {
    for (const toolset of this.program.toolsets) {
      if (!this.connects(from, toolset)) continue;
      const tools = this.serveTools(toolset, { from, bearer: { sub: subject, aud: toolset.identity.audience } });
      for (const { name } of toolset.tools) tools?.call(name);
    }
    for (const agent of this.program.agents) {
      if (!this.connects(from, agent)) continue;
      this.serveInvocation(agent, { from, bearer: { sub: subject, aud: agent.identity.audience } });
    }
  }

  private credentialsWith({ auth }: GatewayDocumentInput, roles: readonly string[]): Credential[] {
    const issuers = auth.mode === 'none' ? [] : (auth.issuers ?? []);
    const tokens = issuers.map(({ issuer }) => ({ by: 'token' as const, iss: issuer, roles }));
    const all: Credential[] = [{ by: 'nothing' }, { by: 'key', roles }, ...tokens, { by: 'demo token' }];
    return all.filter((credential) => {
      const held = authenticate(auth, credential);
      return held !== undefined && [...held].sort().join() === [...roles].sort().join();
    });
  }

  /** `tools/call` of a gateway's `/mcp`. */
  private callAtGateway(gateway: GatewayDocumentInput, credential: Credential, offered: string): void {
    const held = authenticate(gateway.auth, credential);
    if (held === undefined) return;
    for (const { host, port, serviceToken, tools } of gateway.toolsets) {
      const tool = tools.find(({ as }) => as === offered);
      if (tool === undefined || !isFor(tool.allowedRoles, held)) continue;
      const claim = {
        iss: gateway.identity.issuer,
        roles: [...held],
        aud: [serviceToken.audience],
        azp: gateway.identity.subject,
      };
      const bearer = { sub: this.subjectOf(gateway), aud: serviceToken.audience };
      this.toToolset(host, port, { from: [gateway.name], bearer, claim })?.call(tool.name);
    }
  }

  /** `POST /v1/invoke` of a gateway. Of several backends, each may be chosen. */
  private invokeAtGateway(
    gateway: GatewayDocumentInput,
    credential: Credential,
    asked: { readonly agent?: string; readonly intent?: string },
  ): void {
    const held = authenticate(gateway.auth, credential);
    if (held === undefined) return;
    const backends = route(gateway, asked).filter(({ agent }) => {
      const binding = gateway.agents.find(({ name }) => name === agent);
      return binding !== undefined && isFor(binding.allowedRoles, held);
    });
    for (const { agent, weight } of backends) {
      if (weight === 0) continue;
      const { host, port, serviceToken, claimAudiences, subject } = gateway.agents.find(({ name }) => name === agent)!;
      const claim = { iss: gateway.identity.issuer, roles: [...held], aud: claimAudiences, azp: subject };
      const bearer = { sub: this.subjectOf(gateway), aud: serviceToken.audience };
      for (const callee of this.program.agents) {
        if (this.arrives([gateway.name], host, port, callee)) {
          this.serveInvocation(callee, { from: [gateway.name], bearer, claim });
        }
      }
    }
  }

  /** `POST /invoke` of an agent. */
  private serveInvocation(agent: AgentDocumentInput, { bearer, claim }: Request): void {
    const { identity } = agent;
    if (bearer.aud !== identity.audience) return;
    const entry = identity.callers.find(({ subject }) => subject === bearer.sub);
    if (entry === undefined) return;
    if (claim === undefined) {
      if (entry.withoutUser === true) this.think(agent, undefined);
      return;
    }
    const isRight =
      (entry.claimIssuers ?? []).includes(claim.iss) &&
      claim.aud.includes(identity.audience) &&
      claim.azp === identity.subject;
    if (isRight && isFor(agent.allowedRoles, new Set(claim.roles))) this.think(agent, claim);
  }

  /** A model that calls every tool that it is offered, with the claim as it came. */
  private think(agent: AgentDocumentInput, claim: Claim | undefined): void {
    for (const { host, port, serviceToken, tools } of agent.toolsets) {
      const bearer = { sub: this.subjectOf(agent), aud: serviceToken.audience };
      const served = this.toToolset(host, port, { from: [agent.name], bearer, claim });
      for (const { name } of tools) if (served?.list.includes(name) === true) served.call(name);
    }
  }

  private toToolset(host: string, port: number, request: Request): Tools | undefined {
    const callee = this.program.toolsets.find((toolset) => this.arrives(request.from, host, port, toolset));
    return callee && this.serveTools(callee, request);
  }

  /** `/mcp` of a toolset; undefined if it refuses the caller or its claim. */
  private serveTools(toolset: ToolsetDocumentInput, { bearer, claim }: Request): Tools | undefined {
    const { identity, namespace, name } = toolset;
    if (bearer.aud !== identity.audience) return undefined;
    const entry = identity.callers.find(({ subject }) => subject === bearer.sub);
    if (entry === undefined) return undefined;
    if (claim !== undefined) {
      if (!(entry.claimIssuers ?? []).includes(claim.iss)) return undefined;
      if (!claim.aud.includes(identity.audience) || claim.azp !== bearer.sub) return undefined;
    }
    const shown = toolset.tools.filter((tool) => {
      if (claim === undefined) return (entry.ownTools ?? []).includes(tool.name);
      return entry.tools.includes(tool.name) && isFor(tool.allowedRoles, new Set(claim.roles));
    });
    const list = shown.map((tool) => tool.name);
    return {
      list,
      call: (tool) => {
        if (!list.includes(tool)) return false;
        this.ran.add(`${namespace}/${name}/${tool}`);
        return true;
      },
    };
  }

  /** Whether a request to a host and port comes to where a callee serves. */
  private arrives(
    from: readonly string[],
    host: string,
    port: number,
    callee: AgentDocumentInput | ToolsetDocumentInput,
  ): boolean {
    return host === hostOf(callee) && port === PORT && this.connects(from, callee);
  }

  private connects(from: readonly string[], { name, listen }: AgentDocumentInput | ToolsetDocumentInput): boolean {
    return listen.port === PORT && from.some((one) => this.program.connections.has(`${one} ${name}`));
  }

  private subjectOf({ name, namespace }: Place): string {
    return subjectOf({ name: this.program.accounts[name] ?? name, namespace });
  }
}

function authenticate(auth: GatewayDocumentInput['auth'], credential: Credential): ReadonlySet<string> | undefined {
  if (auth.mode === 'none') return credential.by === 'nothing' ? new Set() : undefined;
  switch (credential.by) {
    case 'nothing':
      return undefined;
    case 'key':
      return auth.apiKeys && new Set(credential.roles);
    case 'demo token':
      return auth.demoToken && new Set(auth.demoToken.roles);
    case 'token': {
      const issuer = auth.issuers?.find((one) => one.issuer === credential.iss);
      if (issuer === undefined) return undefined;
      const carried = (issuer.roleClaims ?? []).flatMap(() => credential.roles);
      return new Set(carried.filter((role) => issuer.roles.includes(role)));
    }
  }
}

function isFor(allowed: '*' | readonly string[], held: ReadonlySet<string>): boolean {
  return allowed === '*' || [...held].some((role) => allowed.includes(role));
}

interface Backend {
  readonly agent: string;
  readonly weight: number;
}

function route(
  { routes }: GatewayDocumentInput,
  asked: { readonly agent?: string; readonly intent?: string },
): readonly Backend[] {
  const byPriority = routes.map((one, order) => ({ ...one, order }));
  byPriority.sort((a, b) => (a.priority === b.priority ? a.order - b.order : b.priority - a.priority));
  for (const { match, backends } of byPriority) {
    if (match.by === 'agent' && match.agent === asked.agent) return backends;
    if (match.by === 'intent' && asked.intent !== undefined && new RegExp(match.pattern).test(asked.intent))
      return backends;
  }
  const isKnown = routes.some(({ backends }) => backends.some(({ agent }) => agent === asked.agent));
  return asked.agent !== undefined && isKnown ? [{ agent: asked.agent, weight: 1 }] : [];
}
