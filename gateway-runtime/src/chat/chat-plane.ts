import type { IncomingMessage } from 'node:http';
import { chatCompletionRequest, conversationOf, modelListOf, modelOf } from 'agentyard/contract';
import { HttpProblem, parseJson, readJsonBody, sendJson, type Handler } from '@agentyard/runtime-kit';
import { userOf, type OpenStreams } from '../open-streams.js';
import { affinityOf } from '../pipeline/affinity.js';
import { permitted, ROLE_MISSING } from '../pipeline/authorize.js';
import { lastSegment, type Endpoint, type Entered, type Entrance } from '../pipeline/entrance.js';
import { forward, type Forwarding } from '../pipeline/forward.js';
import type { Backend, Destination } from '../routing/route-table.js';
import { CHAT_ANSWER } from './chat-answer-form.js';

/** Where a chat may go. */
interface ChatDestination extends Destination {
  /** Those that the caller may invoke; there is one at least. */
  readonly permitted: readonly Backend[];
}

const CHAT = '/v1/chat/completions';
const MODELS = '/v1/models';

/**
 * The agents as models of OpenAI's API: `model` names an agent, which is routed as one that `/v1/invoke` names. Who may
 * not invoke it is told that there is none.
 */
export class ChatPlane {
  public constructor(
    private readonly enter: Entrance,
    private readonly forwarding: Forwarding,
    private readonly streams: OpenStreams,
  ) {}

  public get endpoints(): readonly Endpoint[] {
    return [
      [CHAT, { POST: this.chat }],
      [MODELS, { GET: this.list }],
      [`${MODELS}/*`, { GET: this.retrieve }],
    ];
  }

  private readonly chat: Handler = async (request, response, context) => {
    const entered = await this.enter('chat', request, response, context);
    const { state, audited, caller } = entered;
    const { maxBodyBytes, intake } = state.document;
    const sent = await readJsonBody(request, maxBodyBytes);
    audited.audit.noteBody(sent);
    const { model, ...body } = parseJson(sent, chatCompletionRequest, state.jsonLimits);
    const destination = destinationOf(model, entered, request) ?? notFound(model, entered);
    audited.audit.note({ route: destination.route, agent: model });
    const asksForStream = body.stream === true;
    if (asksForStream) response.on('close', this.streams.open(userOf(caller), intake, audited.audit));
    await forward(this.forwarding, {
      request: {
        path: CHAT,
        // Whichever agent answers, it is the one that is asked.
        body: JSON.stringify(body),
        accept: asksForStream ? 'text/event-stream' : 'application/json',
        form: CHAT_ANSWER,
      },
      get task() {
        return conversationOf(body.messages);
      },
      backends: destination.permitted,
      affinity: affinityOf(destination.affinity, caller, { sessionId: body.prompt_cache_key ?? undefined }),
      agents: state.agents,
      caller,
      identity: state.identity,
      overload: state.overload,
      response,
      context: audited,
    });
  };

  private readonly list: Handler = async (request, response, context) => {
    const entered = await this.enter('models', request, response, context);
    const { audited, state } = entered;
    audited.audit.allow();
    const names = state.document.agents.map(({ name }) => name);
    sendJson(response, 200, modelListOf(names.filter((name) => destinationOf(name, entered, request) !== undefined)));
  };

  private readonly retrieve: Handler = async (request, response, context) => {
    const entered = await this.enter('models', request, response, context);
    const name = lastSegment(request);
    if (destinationOf(name, entered, request) === undefined) notFound(name, entered);
    entered.audited.audit.note({ agent: name });
    entered.audited.audit.allow();
    sendJson(response, 200, modelOf(name));
  };
}

/** Where a request for an agent goes; absent if there is no such agent for this caller. */
function destinationOf(
  agent: string,
  { state, caller }: Entered,
  { headers }: IncomingMessage,
): ChatDestination | undefined {
  const destination = state.routes.byAgent(agent, { headers, roles: caller.roles });
  if (destination === undefined) return undefined;
  const backends = permitted(caller, destination.backends, state.agents);
  return backends.length === 0 ? undefined : { ...destination, permitted: backends };
}

/** An agent that the caller may not invoke is as unknown to it as one that is not there; the audit line tells which. */
function notFound(model: string, { state, audited: { audit } }: Entered): never {
  const isThere = state.routes.names(model);
  if (isThere) audit.note({ agent: model });
  audit.deny(isThere ? ROLE_MISSING : 'agent-unknown');
  throw new HttpProblem('agent-unknown', `The model "${model}" does not exist, or you may not use it.`);
}
