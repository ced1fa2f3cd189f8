import { Role, TaskState, type StreamResponse, type Task } from '@a2a-js/sdk';
import type { Client } from '@a2a-js/sdk/client';
import { ClientFactory, DefaultAgentCardResolver, JsonRpcTransportFactory } from '@a2a-js/sdk/client';

/** The official client of A2A at an agent, of one version of the protocol. */
export class A2aClient {
  private constructor(private readonly client: Client) {}

  /** @param url of the agent, without a `/` at its end; its card says where to send requests */
  public static async connect(
    url: string,
    headers: Readonly<Record<string, string>>,
    version: '1.0' | '0.3',
  ): Promise<A2aClient> {
    const fetchImpl: typeof fetch = (input, init) => {
      const all = new Headers(init?.headers);
      for (const [name, value] of Object.entries(headers)) all.set(name, value);
      return fetch(input, { ...init, headers: all });
    };
    const legacyCompat = { enabled: version === '0.3' };
    const cardResolver = new DefaultAgentCardResolver({ fetchImpl });
    const factory = new ClientFactory({
      transports: [new JsonRpcTransportFactory({ fetchImpl, legacyCompat })],
      cardResolver,
    });
    const card = await cardResolver.resolve(`${url}/`);
    const supportedInterfaces = card.supportedInterfaces.filter(({ protocolVersion }) => protocolVersion === version);
    return new A2aClient(await factory.createFromAgentCard({ ...card, supportedInterfaces }));
  }

  /** Sends a text, and waits for the task. */
  public async send(text: string, { contextId = '', taskId = '' } = {}): Promise<Task> {
    return taskOf(await this.client.sendMessage(requestOf(text, { contextId, taskId })));
  }

  /** Sends a text, and gets the task as it is then. */
  public async begin(text: string): Promise<Task> {
    return taskOf(await this.client.sendMessage(requestOf(text, { returnImmediately: true })));
  }

  public stream(text: string): AsyncGenerator<StreamResponse, void, undefined> {
    return this.client.sendMessageStream(requestOf(text, {}));
  }

  public get(id: string): Promise<Task> {
    return this.client.getTask({ id, tenant: '' });
  }

  public cancel(id: string): Promise<Task> {
    return this.client.cancelTask({ id, tenant: '', metadata: undefined });
  }

  public follow(id: string): AsyncGenerator<StreamResponse, void, undefined> {
    return this.client.resubscribeTask({ id, tenant: '' });
  }
}

/** What a stream has shown to its end: the answer as its pieces make it, and the last state. */
export async function seenIn(
  stream: AsyncIterable<StreamResponse>,
): Promise<{ first: Task | undefined; text: string; states: (string | undefined)[] }> {
  let first: Task | undefined;
  let text = '';
  const states: (string | undefined)[] = [];
  for await (const { payload } of stream) {
    if (payload?.$case === 'task') first ??= payload.value;
    if (payload?.$case === 'artifactUpdate') {
      const piece = textIn(payload.value.artifact?.parts ?? []);
      text = payload.value.append ? text + piece : piece;
    }
    if (payload?.$case === 'statusUpdate') states.push(stateName(payload.value.status?.state));
  }
  return { first, text, states };
}

export function answerOf({ artifacts }: Task): string {
  return artifacts.map(({ parts }) => textIn(parts)).join('');
}

export function stateOf({ status }: Task): string | undefined {
  return stateName(status?.state);
}

function stateName(state: TaskState | undefined): string | undefined {
  return state === undefined ? undefined : TaskState[state];
}

function textIn(parts: Task['artifacts'][number]['parts']): string {
  return parts.map(({ content }) => (content?.$case === 'text' ? content.value : '')).join('');
}

function taskOf(result: unknown): Task {
  expect(result).toHaveProperty('status');
  return result as Task;
}

function requestOf(text: string, { contextId = '', taskId = '', returnImmediately = false }) {
  return {
    tenant: '',
    metadata: undefined,
    message: {
      messageId: 'message-1',
      contextId,
      taskId,
      role: Role.ROLE_USER,
      parts: [
        {
          content: { $case: 'text' as const, value: text },
          metadata: undefined,
          filename: '',
          mediaType: 'text/plain',
        },
      ],
      metadata: undefined,
      extensions: [],
      referenceTaskIds: [],
    },
    configuration: { acceptedOutputModes: [], taskPushNotificationConfig: undefined, returnImmediately },
  };
}
