import { invokeRequest, resumeRequest, type InvokeRequest } from 'agentyard/contract';
import { acceptsEventStream, parseJson, readJsonBody, type Handler } from '@agentyard/runtime-kit';
import { userOf, type OpenStreams } from '../open-streams.js';
import { affinityOf } from '../pipeline/affinity.js';
import { authorize } from '../pipeline/authorize.js';
import type { Endpoint, Entered, Entrance } from '../pipeline/entrance.js';
import { forward, type AgentCall, type AgentRequest, type Forwarding } from '../pipeline/forward.js';
import { route } from '../pipeline/route.js';
import { INVOKE_ANSWER } from './invoke-answer.js';

type Exchange = Parameters<Handler>;

/** Which agent is asked, and what. */
interface Asked extends Pick<AgentRequest, 'path'>, Pick<AgentCall, 'task'> {
  /** @param keepsSessions whether one that may be asked does */
  readonly bodyFor: (keepsSessions: boolean) => unknown;
  readonly target: Parameters<typeof route>[1] & Pick<InvokeRequest, 'sessionId'>;
}

/** Asks agents, and goes on with what has waited for approval. */
export class InvokePlane {
  public constructor(
    private readonly enter: Entrance,
    private readonly forwarding: Forwarding,
    private readonly streams: OpenStreams,
  ) {}

  public get endpoints(): readonly Endpoint[] {
    return [
      ['/v1/invoke', { POST: this.invoke }],
      ['/v1/resume', { POST: this.resume }],
    ];
  }

  private readonly invoke: Handler = async (...exchange) => {
    const entered = await this.enter('invoke', ...exchange);
    const { input, history, ...target } = parseJson(await bodyOf(entered, exchange), invokeRequest, limitsOf(entered));
    const task = { input, history };
    const { sessionId } = target;
    const bodyFor = (keepsSessions: boolean) => (keepsSessions ? { ...task, sessionId } : task);
    await this.pass({ target, task, path: '/invoke', bodyFor }, entered, exchange);
  };

  private readonly resume: Handler = async (...exchange) => {
    const entered = await this.enter('resume', ...exchange);
    const target = parseJson(await bodyOf(entered, exchange), resumeRequest, limitsOf(entered));
    const bodyFor = () => ({ sessionId: target.sessionId });
    // It gives the agent nothing that it was not given before.
    await this.pass({ target, task: undefined, path: '/resume', bodyFor }, entered, exchange);
  };

  private async pass(
    { target, task, path, bodyFor }: Asked,
    entered: Entered,
    [request, response]: Exchange,
  ): Promise<void> {
    const { state, audited, caller } = entered;
    const destination = route(state.routes, target, { headers: request.headers, roles: caller.roles });
    audited.audit.note({ route: destination.route, agent: target.agent });
    const asksForStream = acceptsEventStream(request.headers.accept);
    if (asksForStream) {
      response.on('close', this.streams.open(userOf(caller), state.document.intake, audited.audit));
    }
    const backends = authorize(caller, destination.backends, state.agents, audited.audit);
    const body = JSON.stringify(bodyFor(backends.some(({ agent }) => state.agents.get(agent)?.keepsSessions === true)));
    await forward(this.forwarding, {
      request: { path, body, accept: asksForStream ? 'text/event-stream' : 'application/json', form: INVOKE_ANSWER },
      task,
      backends,
      affinity: affinityOf(destination.affinity, caller, target),
      agents: state.agents,
      caller,
      identity: state.identity,
      overload: state.overload,
      response,
      context: audited,
    });
  }
}

async function bodyOf({ state, audited }: Entered, [request]: Exchange) {
  const body = await readJsonBody(request, state.document.maxBodyBytes);
  audited.audit.noteBody(body);
  return body;
}

const limitsOf = ({ state }: Entered) => state.jsonLimits;
