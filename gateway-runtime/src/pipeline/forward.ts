import type { ServerResponse } from 'node:http';
import type { GatewayDocument, InvokeRequest } from 'agentyard/contract';
import { HttpProblem, logFlushed, REQUEST_ID_HEADER, type Dispatcher } from '@agentyard/runtime-kit';
import { passAnswer } from '../agent-answer.js';
import type { Caller } from '../auth/caller.js';
import { NoPodError, type Balancer, type PodAffinity, type UsedPod } from '../balance/balancer.js';
import { chooseByKey } from '../balance/consistent-hash.js';
import { chooseByWeight, type Random } from '../balance/weighted-choice.js';
import { Deadline } from '../deadline.js';
import { IdentityUnavailableError, type UpstreamIdentity } from '../identity/upstream-identity.js';
import { requestPod, type PodAnswer } from '../pod-request.js';
import type { Backend } from '../routing/route-table.js';
import { isFaultOfPod } from './agent-fault.js';
import type { AuditedContext } from './audit.js';

export type AgentBinding = GatewayDocument['agents'][number];

/** Seconds after which a client may try again when no pod is ready: as long as an answer of DNS counts. */
const RETRY_AFTER_SECONDS = '5';

/** A request that has been read, routed and authorized. */
export interface Invocation {
  readonly body: Pick<InvokeRequest, 'input' | 'history'>;
  /** Media type that the client asks for. */
  readonly accept: 'application/json' | 'text/event-stream';
  /** Those that the caller may invoke. */
  readonly backends: readonly Backend[];
  /** What it belongs together with; absent: nothing. */
  readonly affinity: PodAffinity | undefined;
  readonly agents: ReadonlyMap<string, AgentBinding>;
  readonly caller: Caller;
  readonly identity: UpstreamIdentity;
  readonly response: ServerResponse;
  readonly context: AuditedContext;
}

/** What it takes to reach agents. */
export interface Forwarding {
  readonly dispatcher: Dispatcher;
  readonly balancer: Balancer;
  readonly random: Random;
}

/**
 * Sends an invocation to a ready pod of one of its backends, chosen by weight or by its affinity, and passes the answer
 * on. A backend without a ready pod does not count.
 *
 * @throws HttpProblem `agent-unavailable`, `agent-timeout`, `agent-failed`
 */
export async function forward(forwarding: Forwarding, invocation: Invocation): Promise<void> {
  let backends = readyBackends(forwarding.balancer, invocation);
  for (;;) {
    const backend = choose(backends, invocation.affinity, forwarding.random);
    const agent = backend && invocation.agents.get(backend.agent);
    if (agent === undefined) break;
    try {
      return await invoke(forwarding, agent, invocation);
    } catch (error) {
      if (!(error instanceof NoPodError)) throw error;
      backends = backends.filter((other) => other.agent !== agent.name);
    }
  }
  throw new HttpProblem('agent-unavailable', undefined, undefined, { 'retry-after': RETRY_AFTER_SECONDS });
}

/** Those that have a ready pod as far as is known; all, if none has, as a pod may have come meanwhile. */
function readyBackends(balancer: Balancer, { backends, agents }: Invocation): readonly Backend[] {
  if (backends.length === 1) return backends;
  const ready = backends.filter(({ agent }) => {
    const binding = agents.get(agent);
    return binding !== undefined && balancer.mayHavePod(binding);
  });
  return ready.length > 0 ? ready : backends;
}

function choose(backends: readonly Backend[], affinity: PodAffinity | undefined, random: Random): Backend | undefined {
  if (affinity === undefined) return chooseByWeight(backends, random);
  return chooseByKey(backends, affinity.key, ({ agent }) => agent);
}

async function invoke(forwarding: Forwarding, agent: AgentBinding, invocation: Invocation): Promise<void> {
  const { context } = invocation;
  const identity = await identityHeaders(agent, invocation);
  const deadline = new Deadline(agent.timeoutMs, context.departure);
  context.audit.note({ agent: agent.name });
  context.audit.allow();
  await logFlushed(context.log);
  const call = { agent, invocation, identity, deadline };
  try {
    const use = (origin: string, pod: UsedPod): Promise<void> => exchange(forwarding.dispatcher, call, origin, pod);
    await forwarding.balancer.withPod(agent, use, invocation.affinity);
  } catch (error) {
    if (error instanceof NoPodError || context.departure.aborted) throw error;
    throw problemOf(error, agent, deadline);
  } finally {
    deadline.clear();
  }
}

/** An invocation of an agent, whichever of its pods takes it. */
interface AgentCall {
  readonly agent: AgentBinding;
  readonly invocation: Invocation;
  readonly identity: Readonly<Record<string, string>>;
  readonly deadline: Deadline;
}

async function exchange(dispatcher: Dispatcher, call: AgentCall, origin: string, pod: UsedPod): Promise<void> {
  const { agent, invocation, deadline } = call;
  const { response, context } = invocation;
  const broke = (error: unknown): HttpProblem => {
    pod.failed();
    return problemOf(error, agent, deadline);
  };
  try {
    const answer = await post(dispatcher, call, origin);
    let value: unknown;
    try {
      value = await passAnswer(answer, response, context, agent.name, broke);
    } finally {
      if (isFaultOfPod(answer, value)) pod.failed();
    }
  } catch (error) {
    // The agent has a deadline of its own that is earlier, and has not even said that it was missed.
    if (deadline.isOver) pod.failed();
    throw error;
  }
}

function post(
  dispatcher: Dispatcher,
  { invocation: { accept, body, context }, identity, deadline }: AgentCall,
  origin: string,
): Promise<PodAnswer> {
  deadline.throwIfEnded();
  const options = {
    origin,
    path: '/invoke',
    method: 'POST',
    headers: {
      accept,
      'content-type': 'application/json',
      [REQUEST_ID_HEADER]: context.requestId,
      ...identity,
    },
    body: JSON.stringify(body),
  } as const;
  return requestPod(dispatcher, options, deadline);
}

async function identityHeaders(
  agent: AgentBinding,
  { identity, caller, context }: Invocation,
): Promise<Record<string, string>> {
  try {
    return await identity.headersFor(identity.agent(agent), caller);
  } catch (error) {
    if (!(error instanceof IdentityUnavailableError)) throw error;
    context.log.error(
      { event: 'service-identity-unavailable', agent: agent.name, reason: error.message },
      'the gateway cannot show an agent who calls',
    );
    throw new HttpProblem('agent-failed', 'The gateway cannot show the agent who calls. Nothing was sent to it.');
  }
}

function problemOf(error: unknown, agent: AgentBinding, deadline: Deadline): HttpProblem {
  if (error instanceof HttpProblem) return error;
  if (deadline.isOver) return new HttpProblem('agent-timeout', `Agent "${agent.name}" has ${agent.timeoutMs} ms.`);
  return new HttpProblem('agent-failed', `The connection to agent "${agent.name}" broke.`);
}
