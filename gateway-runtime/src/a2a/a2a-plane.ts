import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import {
  A2A_ERRORS,
  A2A_PATH,
  A2A_VERSION_HEADER,
  agentCardJson,
  CONTEXT_ID_HEADER,
  EMPTY_CARD,
  TASK_ID_HEADER,
} from 'agentyard/contract';
import { HttpProblem, readBody, sendJson } from '@agentyard/runtime-kit';
import type { Caller } from '../auth/caller.js';
import type { GatewayState } from '../gateway-state.js';
import type { AdmittedRequest } from '../mcp/mcp-plane.js';
import type { Seal } from '../mcp/session/seal.js';
import { RpcError } from '../mcp/wire/json-rpc.js';
import { userOf, type OpenStreams } from '../open-streams.js';
import { affinityOf } from '../pipeline/affinity.js';
import { authorize, may } from '../pipeline/authorize.js';
import { forward, type AgentCall, type AgentRequest, type Forwarding } from '../pipeline/forward.js';
import { route } from '../pipeline/route.js';
import { a2aAnswer } from './a2a-answer.js';
import { errorAnswer, messageText, parsedJson, readA2aRequest, type A2aRequest } from './a2a-request.js';
import { cardSecurityOf } from './gateway-card.js';
import { pathOf } from './agent-path.js';
import { TaskIds, type Named, type TaskPlace } from './task-ids.js';

/** An agent of one document, as clients name it. */
export interface A2aEndpoint {
  readonly agent: string;
  readonly state: GatewayState;
}

/** The agents of a gateway by A2A: what is sent to one is routed, admitted and passed on as any other call of it. */
export class A2aPlane {
  private readonly ids: TaskIds;

  public constructor(
    private readonly forwarding: Forwarding,
    private readonly streams: OpenStreams,
    seal: Seal,
  ) {
    this.ids = new TaskIds(seal);
  }

  /** Answers a client that was let in. */
  public async answer(
    endpoint: A2aEndpoint,
    request: IncomingMessage,
    response: ServerResponse,
    admitted: AdmittedRequest,
  ): Promise<void> {
    const { maxBodyBytes, intake } = endpoint.state.document;
    refuseOtherTypes(request);
    const body = await readBody(request, maxBodyBytes);
    let value: unknown;
    try {
      value = parsedJson(body, { depth: intake.jsonDepth, members: intake.jsonMembers });
      const read = readA2aRequest(value);
      admitted.audited.audit.note({ method: read.method });
      await this.pass({ ...endpoint, ...admitted, read, body }, request, response);
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
      admitted.audited.audit.note({ rpcError: error.code });
      const text = errorAnswer(error, value);
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
      response.end(text);
    }
  }

  /**
   * The card of an agent, which says where it is reached through this gateway, and how to get in. What the program
   * declares of the agent is for those who may invoke it.
   *
   * @param caller absent: nobody that is known
   */
  public card(
    { agent, state }: A2aEndpoint,
    caller: Caller | undefined,
    request: IncomingMessage,
    response: ServerResponse,
  ): void {
    const binding = state.agents.get(agent);
    if (binding === undefined) throw new HttpProblem('path-unknown');
    const url = state.door.urlOf(request) + pathOf(agent);
    const card = caller !== undefined && may(caller, binding) ? binding.card : EMPTY_CARD;
    const subject = { name: agent, card, url, security: cardSecurityOf(state.document) };
    response.appendHeader('vary', `${A2A_VERSION_HEADER}, authorization, x-api-key`);
    response.setHeader('cache-control', 'private, no-cache');
    sendJson(response, 200, agentCardJson(subject, request.headers[A2A_VERSION_HEADER] === '1.0' ? '1.0' : '0.3'));
  }

  /** Sends it where any call of the agent goes; if it is about a task or a context, to the pod that has it. */
  private async pass(asked: Asked, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { agent, state, caller, audited: context, read } = asked;
    const { headers } = request;
    const { audit } = context;
    const destination = route(state.routes, { agent }, { headers, roles: caller.roles });
    audit.note({ route: destination.route, agent });
    const allowed = authorize(caller, destination.backends, state.agents, audit);
    const place = this.placeOf(asked);
    const backends = place === undefined ? allowed : [{ agent: place.agent, weight: 1 }];
    const isStream = read.kind === 'stream' || read.kind === 'subscribe';
    const call: AgentCall = {
      request: this.requestOf(asked, isStream, headers),
      // What was said in a context before is known to the agent alone, which judges it.
      get task() {
        return { input: messageText(read), history: [] };
      },
      backends: place === undefined ? allowed : authorize(caller, backends, state.agents, audit),
      affinity: place === undefined ? affinityOf(destination.affinity, caller, {}) : undefined,
      pod: place?.origin,
      isAboutWork: read.kind !== 'send' && read.kind !== 'stream',
      agents: state.agents,
      caller,
      identity: state.identity,
      overload: state.overload,
      response,
      context,
    };
    if (isStream) response.on('close', this.streams.open(userOf(caller), state.document.intake, audit));
    try {
      await forward(this.forwarding, call);
    } catch (error) {
      // What was in the memory of a pod that is gone is gone, too.
      if (place !== undefined && error instanceof HttpProblem && error.code === 'agent-unavailable') throw gone(read);
      throw error;
    }
  }

  private requestOf(
    { agent, caller, read, body }: Asked,
    isStream: boolean,
    headers: IncomingHttpHeaders,
  ): AgentRequest {
    const { [A2A_VERSION_HEADER]: version } = headers;
    const path = pathOf(agent);
    const isNew = read.task === undefined;
    return {
      path: A2A_PATH,
      body,
      accept: isStream ? 'text/event-stream' : 'application/json',
      form: a2aAnswer(read.id),
      headersFor: (backend, origin) => {
        const make = (named: Named): string => this.ids.make(named, { agent: backend, origin }, caller, path);
        return {
          ...(typeof version === 'string' && { [A2A_VERSION_HEADER]: version }),
          ...(isNew && { [TASK_ID_HEADER]: make('task') }),
          ...(isNew && read.context === undefined && { [CONTEXT_ID_HEADER]: make('context') }),
        };
      },
    };
  }

  /** Where what a request is about is; absent if it is about nothing that is there. */
  private placeOf({ agent, state, caller, audited: { audit }, read }: Asked): TaskPlace | undefined {
    const [named, id] = read.task === undefined ? (['context', read.context] as const) : (['task', read.task] as const);
    if (id === undefined) return undefined;
    const place = this.ids.placeOf(named, id, caller, pathOf(agent));
    if (place !== undefined && state.agents.has(place.agent)) return place;
    audit.deny(`${named}-unknown`);
    throw gone(read);
  }
}

/** A request of A2A that was read, and whoever sent it. */
interface Asked extends A2aEndpoint, AdmittedRequest {
  readonly read: A2aRequest;
  readonly body: Buffer;
}

/** Of somebody else’s task no more is said than of one that never was. */
function gone({ task }: A2aRequest): RpcError {
  if (task !== undefined) return new RpcError(A2A_ERRORS.taskNotFound, 'There is no such task');
  return new RpcError(A2A_ERRORS.invalidParams, 'The context is unknown: leave contextId out to begin a new one');
}

function refuseOtherTypes({ headers }: IncomingMessage): void {
  const type = headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
  if (type !== 'application/json') {
    throw new HttpProblem('media-type-unsupported', 'Send content-type: application/json.');
  }
}
