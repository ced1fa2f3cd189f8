import { auth, GATEWAYS, routes, TOOLS, WORKLOADS, type Draw, type RandomDocuments } from './random-documents';
import { audienceOf, hostOf, subjectOf, tokenFor } from './small-program';

/** Something that a program may say otherwise. */
export function edit(draw: Draw, { gateways, agents, toolsets }: RandomDocuments): void {
  const [one, other, third] = [draw.one(gateways), draw.one(agents), draw.one(toolsets)];
  const caller = draw.one(third.identity.callers);
  const binding = draw.one(one.agents);
  const offered = draw.one(one.toolsets.flatMap(({ tools }) => tools));
  const invoker = draw.one(other.identity.callers);
  const edits: (() => void)[] = [
    () => (draw.one(third.tools).allowedRoles = draw.allowedRoles()),
    () => offered && (offered.allowedRoles = draw.allowedRoles()),
    () => binding && (binding.allowedRoles = draw.allowedRoles()),
    () => (other.allowedRoles = draw.allowedRoles()),
    () => caller && (caller.tools = draw.some(TOOLS)),
    () => caller && (caller.ownTools = draw.some(TOOLS)),
    () => invoker && (invoker.withoutUser = draw.chance(50)),
    () =>
      one.agents.length > 0 &&
      (one.routes = routes(
        draw,
        one.agents.map(({ name }) => name),
      )),
    () => (one.auth = auth(draw)),
    () => third.identity.callers.pop(),
    () => other.identity.callers.pop(),
    () => other.toolsets.pop(),
    () => one.toolsets.pop(),
  ];
  draw.one(edits)();
}

/** Something that documents of a program never say, and that a patch or another tool may make of them. */
export function contradict(draw: Draw, { gateways, agents, toolsets }: RandomDocuments): void {
  const [one, other, third] = [draw.one(gateways), draw.one(agents), draw.one(toolsets)];
  const binding = draw.one([...one.agents, ...one.toolsets, ...other.toolsets]);
  const caller = draw.one([...other.identity.callers, ...third.identity.callers]);
  const edits: (() => void)[] = [
    () => gateways.forEach(({ identity }, i) => (identity.issuer = audienceOf(GATEWAYS[1 - i]!))),
    () => (one.identity.subject = subjectOf(draw.one(WORKLOADS))),
    () => (other.identity.subject = subjectOf(draw.one(WORKLOADS))),
    () => (draw.one([other, third]).identity.audience = audienceOf(draw.one(WORKLOADS))),
    () => (draw.one([other, third]).listen = { port: 9090 }),
    () => binding && (binding.host = hostOf(draw.one(WORKLOADS))),
    () => binding && (binding.port = 9090),
    () => binding && (binding.serviceToken = tokenFor(draw.one(WORKLOADS))),
    () => one.agents[0] && (one.agents[0].subject = subjectOf(draw.one(WORKLOADS))),
    () => one.agents[0] && (one.agents[0].claimAudiences = [audienceOf(draw.one(WORKLOADS))]),
    () => caller && (caller.subject = subjectOf(draw.one(WORKLOADS))),
    () => caller && (caller.claimIssuers = draw.some(GATEWAYS.map(audienceOf), 50)),
  ];
  draw.one(edits)();
}
