import {
  TIME_LEFT_HEADER,
  type AgentInvokeRequest,
  type ArgumentRules,
  type GatewayDocument,
} from 'agentyard/contract';
import { HttpProblem, REQUEST_ID_HEADER, type Dispatcher } from '@agentyard/runtime-kit';
import { passAnswer, type AnswerEnd, type AnswerSink } from '../agent-answer.js';
import type { AnswerForm } from '../answer-form.js';
import type { Caller } from '../auth/caller.js';
import { NoPodError, type Balancer, type PodAffinity, type UsedPod } from '../balance/balancer.js';
import { chooseByKey } from '../balance/consistent-hash.js';
import { chooseByWeight, type Random } from '../balance/weighted-choice.js';
import { Deadline } from '../deadline.js';
import { IdentityUnavailableError, type UpstreamIdentity } from '../identity/upstream-identity.js';
import type { Outcome } from '../overload/circuit-breaker.js';
import type { Overload } from '../overload/overload.js';
import { Refusal } from '../overload/refusal.js';
import { AskedAgent } from '../telemetry/asked-agent.js';
import type { UpstreamMetrics } from '../telemetry/upstream-metrics.js';
import { requestPod, type PodAnswer } from '../pod-request.js';
import type { Backend } from '../routing/route-table.js';
import { admit, refused, type AdmittedInvocation } from './admit.js';
import { isFaultOfPod } from './agent-fault.js';
import { allowedArguments } from './allowed-arguments.js';
import type { AuditedCall } from './audit.js';
import { decisionLineOut } from './decision-line.js';

type DeclaredAgent = GatewayDocument['agents'][number];

/** An agent of the document. */
export interface AgentBinding extends DeclaredAgent {
  /** What it may be given, by whom; absent: everything. */
  readonly rules: ArgumentRules | undefined;
}

/** Seconds after which a client may try again when no pod is ready: as long as an answer of DNS counts. */
const RETRY_AFTER_SECONDS = '5';

/** What is sent to an agent, whichever of the ways to call one it is. */
export interface AgentRequest {
  /** Where the agent takes it. */
  readonly path: string;
  /** JSON. */
  readonly body: string | Buffer;
  /** Media type that is asked for. */
  readonly accept: 'application/json' | 'text/event-stream';
  /** How its answers are read. */
  readonly form: AnswerForm;
  /** Headers beside those that every request has, for the pod that takes it. @default - none */
  readonly headersFor?: (agent: string, origin: string) => Readonly<Record<string, string>>;
}

/** A request that has been read, routed and authorized. */
export interface AgentCall {
  readonly request: AgentRequest;
  /** What it gives to the agent, which is read if there are rules about it; absent where it gives nothing. */
  readonly task: AgentInvokeRequest | undefined;
  /** Those that the caller may invoke. */
  readonly backends: readonly Backend[];
  /** What it belongs together with; absent: nothing. */
  readonly affinity: PodAffinity | undefined;
  /** Origin of the pod that alone can answer. @default - any may */
  readonly pod?: string;
  /** Whether it is about work that was admitted before, so that it neither waits for its turn nor is charged. @default false */
  readonly isAboutWork?: boolean;
  /** Whether the user’s claim is good for the agent alone, and not for its toolsets. @default false */
  readonly isForAgentAlone?: boolean;
  readonly agents: ReadonlyMap<string, AgentBinding>;
  readonly caller: Caller;
  readonly identity: UpstreamIdentity;
  readonly overload: Overload;
  readonly response: AnswerSink;
  readonly context: AuditedCall;
}

/** What it takes to reach agents. */
export interface Forwarding {
  readonly dispatcher: Dispatcher;
  readonly balancer: Balancer;
  readonly random: Random;
  readonly upstreams: UpstreamMetrics;
}

/**
 * Sends a call to a ready pod of one of its backends, chosen by weight or by its affinity, and passes the answer
 * on. A backend does not count whose rules do not allow what is given to it, nor one without a ready pod, nor one that
 * is left alone since it fails.
 *
 * @throws HttpProblem `arguments-refused`, `agent-unavailable`, `agent-timeout`, `agent-failed`, and those of `Refusal`
 */
export async function forward(forwarding: Forwarding, call: AgentCall): Promise<void> {
  let backends = readyBackends(forwarding.balancer, allowedArguments(call), call.agents);
  const { overload, caller, response, context } = call;
  let refusal: { readonly error: Refusal; readonly agent: string } | undefined;
  let isCounted = false;
  for (;;) {
    const backend = choose(backends, call.affinity, forwarding.random);
    const agent = backend && call.agents.get(backend.agent);
    if (agent === undefined) break;
    try {
      if (!isCounted) {
        const counted = overload.rates.take(caller, { agent: agent.name }, response);
        if (counted !== undefined) await counted;
      }
      isCounted = true;
      return await callAgent(forwarding, agent, call);
    } catch (error) {
      if (!(error instanceof Refusal || error instanceof NoPodError)) throw error;
      if (error instanceof Refusal) refusal = { error, agent: agent.name };
      // What is too much for one is not put upon another.
      if (refusal !== undefined && refusal.error.code !== 'circuit-open') break;
      backends = backends.filter((other) => other.agent !== agent.name);
    }
  }
  if (refusal !== undefined) throw refused(refusal.error, refusal.agent, context.audit);
  throw new HttpProblem('agent-unavailable', undefined, undefined, { 'retry-after': RETRY_AFTER_SECONDS });
}

/** Those that have a ready pod as far as is known; all, if none has, as a pod may have come meanwhile. */
function readyBackends(
  balancer: Balancer,
  backends: readonly Backend[],
  agents: AgentCall['agents'],
): readonly Backend[] {
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

async function callAgent(forwarding: Forwarding, agent: AgentBinding, call: AgentCall): Promise<void> {
  const { context, caller, overload, affinity, pod: only } = call;
  const deadline = new Deadline(agent.timeoutMs, context.departure);
  let admitted: AdmittedInvocation | undefined;
  let outcome: Outcome = 'unknown';
  let end: AnswerEnd | undefined;
  let wasSent = false;
  let asked: AskedAgent | undefined;
  try {
    context.audit.note({ agent: agent.name });
    if (call.isAboutWork !== true) admitted = await admit(overload, agent, caller, deadline, context);
    const identity = await identityHeaders(agent, call);
    context.audit.allow();
    await decisionLineOut(deadline);
    [outcome, wasSent] = ['failed', true];
    asked = new AskedAgent(agent, context.audit.trace, forwarding.upstreams);
    const sent = { agent, call, identity, deadline, asked, isCharged: admitted?.isCharged === true };
    const use = (origin: string, pod: UsedPod) => exchange(forwarding.dispatcher, sent, origin, pod);
    const { balancer } = forwarding;
    [outcome, end] = await (only === undefined
      ? balancer.withPod(agent, use, affinity)
      : balancer.withPodAt(agent, only, use));
  } catch (error) {
    if (context.departure.aborted) outcome = 'unknown';
    if (error instanceof NoPodError) wasSent = false;
    if (error instanceof NoPodError || error instanceof Refusal || context.departure.aborted) throw error;
    throw problemOf(error, agent, deadline);
  } finally {
    admitted?.end(outcome, end?.usage, wasSent);
    asked?.end(errorTypeOf(outcome, deadline, context), end?.usage);
    deadline.clear();
  }
}

/** A call of one agent, whichever of its pods takes it. */
interface AdmittedCall extends Pick<AdmittedInvocation, 'isCharged'> {
  readonly agent: AgentBinding;
  readonly call: AgentCall;
  readonly identity: Readonly<Record<string, string>>;
  readonly deadline: Deadline;
  readonly asked: AskedAgent;
}

/** @returns what the answer says of the agent, and how it has ended */
async function exchange(
  dispatcher: Dispatcher,
  sent: AdmittedCall,
  origin: string,
  pod: UsedPod,
): Promise<[Outcome, AnswerEnd]> {
  const { agent, call, deadline, asked } = sent;
  const { response, context } = call;
  context.audit.noteUpstream(origin);
  const broke = (error: unknown): HttpProblem => {
    pod.failed();
    return problemOf(error, agent, deadline);
  };
  try {
    const answer = await post(dispatcher, sent, origin);
    asked.answered(answer.statusCode);
    const { form } = call.request;
    const wantsUsage = sent.isCharged || asked.isRecorded;
    let end: AnswerEnd | undefined;
    try {
      end = await passAnswer({ answer, form, response, context, agent: agent.name, problemOf: broke, wantsUsage });
    } finally {
      if (isFaultOfPod(answer, end?.problem)) pod.failed();
    }
    return [end.isComplete && answer.statusCode < 500 ? 'ok' : 'failed', end];
  } catch (error) {
    // The agent has a deadline of its own that is earlier, and has not even said that it was missed.
    if (deadline.isOver) pod.failed();
    throw error;
  }
}

function post(
  dispatcher: Dispatcher,
  { agent, call: { request, context }, identity, deadline, asked }: AdmittedCall,
  origin: string,
): Promise<PodAnswer> {
  deadline.throwIfEnded();
  const options = {
    origin,
    path: request.path,
    method: 'POST',
    headers: {
      accept: request.accept,
      'content-type': 'application/json',
      [REQUEST_ID_HEADER]: context.requestId,
      ...asked.headers,
      [TIME_LEFT_HEADER]: String(deadline.leftMs),
      ...identity,
      ...request.headersFor?.(agent.name, origin),
    },
    body: request.body,
  } as const;
  return requestPod(dispatcher, options, deadline);
}

/** What shows an agent who calls, at once if that is known. */
function identityHeaders(
  agent: AgentBinding,
  { identity, caller, context, isForAgentAlone = false }: AgentCall,
): Record<string, string> | Promise<Record<string, string>> {
  const refuse = (error: unknown): never => {
    if (!(error instanceof IdentityUnavailableError)) throw error;
    context.log.error(
      { event: 'service-identity-unavailable', agent: agent.name, reason: error.message },
      'the gateway cannot show an agent who calls',
    );
    throw new HttpProblem('agent-failed', 'The gateway cannot show the agent who calls. Nothing was sent to it.');
  };
  try {
    const callee = isForAgentAlone ? identity.agentAlone(agent) : identity.agent(agent);
    const shown = identity.headersFor(callee, caller);
    return shown instanceof Promise ? shown.catch(refuse) : shown;
  } catch (error) {
    return refuse(error);
  }
}

/** The type of the error that an invocation ended with; empty without one. */
function errorTypeOf(outcome: Outcome, deadline: Deadline, { departure }: AuditedCall): string {
  if (outcome === 'ok') return '';
  if (departure.aborted) return 'aborted';
  return deadline.isOver ? 'timeout' : 'failed';
}

function problemOf(error: unknown, agent: AgentBinding, deadline: Deadline): HttpProblem {
  if (error instanceof HttpProblem) return error;
  if (deadline.isOver) return new HttpProblem('agent-timeout', `Agent "${agent.name}" has ${agent.timeoutMs} ms.`);
  return new HttpProblem('agent-failed', `The connection to agent "${agent.name}" broke.`);
}
