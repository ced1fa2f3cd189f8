import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { approvalList, parseValue } from 'agentyard/contract';
import { TestMcpServer } from '../../agent-runtime/test/mcp-server';
import { ModelApi, type Answer } from '../../agent-runtime/test/model-api';
import { RunningAgent, weather } from '../../agent-runtime/test/running-agent';
import { SessionClient } from '../../agent-runtime/test/session-client';
import { ENVIRONMENT, WIRE_FORMATS } from '../../agent-runtime/test/wire-formats';
import { cleanUp, eventually, onCleanUp, temporaryDirectory } from '../../runtime-kit/test/test-resources';
import { installPackages } from './debian-packages';
import { PostgresServer } from './postgres-server';
import { RedisServer } from './redis-server';

const chat = WIRE_FORMATS.openaiCompatible!;
const PASSWORD = 'canary-password';

beforeAll(() => installPackages('redis-server', 'postgresql'), 300_000);
afterEach(cleanUp);

type Store = NonNullable<Parameters<typeof RunningAgent.start>[0]['sessions']>['store'];

/** A store of a test, and how an agent is told of it. */
interface StoreServer {
  readonly server: RedisServer | PostgresServer;
  readonly storeWith: (passwordFile: string) => Store;
}

const STORES: readonly (readonly [name: string, start: () => Promise<StoreServer>])[] = [
  [
    'a Redis',
    async () => {
      const server = await RedisServer.start({ password: PASSWORD });
      const at = { kind: 'valkey', host: 'localhost', port: server.port } as const;
      return { server, storeWith: (passwordFile) => ({ ...at, passwordFile }) };
    },
  ],
  [
    'a PostgreSQL',
    async () => {
      const server = await PostgresServer.start(PASSWORD);
      const at = { kind: 'postgres', host: 'localhost', port: server.port, timeoutMs: 2_000 } as const;
      const of = { database: 'postgres', username: 'agentyard' };
      return { server, storeWith: (passwordFile) => ({ ...at, ...of, passwordFile }) };
    },
  ],
];

/** Two replicas of one agent, whose tool waits for approval, with a store that both share. */
async function replicas(startStore: () => Promise<StoreServer>) {
  const { server, storeWith } = await startStore();
  const api = await ModelApi.start();
  const toolset = await TestMcpServer.start();
  onCleanUp(async () => {
    await toolset.stop();
    await api.stop();
  });
  const passwordFile = path.join(await temporaryDirectory(), 'password');
  await writeFile(passwordFile, `${PASSWORD}\n`);
  const binding = weather('forecast');
  const start = async () => {
    const agent = await RunningAgent.start(
      {
        model: chat.model(api.url),
        toolsets: [{ ...binding, tools: binding.tools.map((tool) => ({ ...tool, needsApproval: true })) }],
        sessions: { store: storeWith(passwordFile), ttlMs: 2_000 },
        approvals: { approverRoles: ['officer'], timeoutMs: 60_000 },
      },
      ENVIRONMENT,
    );
    onCleanUp(() => agent.stop());
    await agent.resolve({ 'weather:8080': [`127.0.0.1:${toolset.port}`] });
    await eventually(() => agent.logged('store-up')[0]);
    return agent;
  };
  const given = () => (api.requests.at(-1)!.body.messages as { content: unknown }[]).slice(1).map((one) => one.content);
  return { server, api, toolset, given, one: await start(), two: await start() };
}

describe.each(STORES)('sessions of an agent in %s of Debian', (_name, startStore) => {
  it('go on at another replica, end with their time, and say nothing of the password', async () => {
    const { api, given, one, two } = await replicas(startStore);
    const [first, second] = [new SessionClient(one, 'ada'), new SessionClient(two, 'ada')];
    api.willAnswer(chat.text('One.'), chat.text('Two.'), chat.text('Three.'));
    expect(await first.ask('trip', 'First.')).toMatchObject({ sessionId: 'trip' });
    await second.ask('trip', 'Second.');
    expect(given()).toEqual(['First.', 'One.', 'Second.']);
    await new Promise((resolve) => setTimeout(resolve, 2_100));
    await first.ask('trip', 'Third.');
    expect(given()).toEqual(['Third.']);
    expect(JSON.stringify([...one.log, ...two.log])).not.toContain(PASSWORD);
  });

  it('are at work on one request, whichever replica has it', async () => {
    const { api, one, two } = await replicas(startStore);
    let release = () => {};
    const waits: Answer = (response, request) => {
      release = () => chat.text('Late.')(response, request);
    };
    api.willAnswer(waits);
    const asked = new SessionClient(one, 'ada').ask('trip', 'Wait.');
    await eventually(() => api.requests[0]);
    const other = new SessionClient(two, 'ada');
    expect(await other.refusal('/invoke', { sessionId: 'trip', input: 'Now.' })).toMatchObject({
      code: 'session-busy',
    });
    release();
    await asked;
    api.willAnswer(chat.text('Free.'));
    expect(await other.ask('trip', 'Now.')).toMatchObject({ output: 'Free.' });
  });

  it('wait for approval at both, and are gone on with at the other', async () => {
    const { api, toolset, one, two } = await replicas(startStore);
    api.willAnswer(chat.toolCall('forecast', { city: 'Oslo' }));
    const { approval } = await new SessionClient(one, 'ada').ask('trip', 'The weather?');
    const eve = new SessionClient(two, 'eve', ['officer']);
    const listed = async () =>
      parseValue(approvalList, await (await eve.send('/approvals/list', {})).json(), 'list').approvals;
    expect(await listed()).toMatchObject([{ id: approval!.id, user: 'ada' }]);
    await eve.send('/approvals/decide', { id: approval!.id, approved: true });
    expect(await listed()).toEqual([]);
    api.willAnswer(chat.text('Sunny.'));
    expect(await new SessionClient(two, 'ada').ask('trip')).toMatchObject({ output: 'Sunny.' });
    expect(toolset.calls).toHaveLength(1);
  });

  it.each<[string, (server: StoreServer['server']) => Promise<void> | void]>([
    ['is gone', (server) => server.stop()],
    ['hangs', (server) => server.pause()],
  ])('are not begun while it %s, and an answer says that it was not kept', async (_, fail) => {
    const { server, api, one } = await replicas(startStore);
    const ada = new SessionClient(one, 'ada');
    api.willAnswer((response, request) => {
      void Promise.resolve(fail(server)).then(() => chat.text('One.')(response, request));
    });
    const answer = await ada.ask('trip', 'First.');
    expect(answer).toMatchObject({ output: 'One.' });
    expect(answer).not.toHaveProperty('sessionId');
    expect(await ada.refusal('/invoke', { sessionId: 'trip', input: 'Second.' })).toEqual({
      status: 503,
      code: 'sessions-unavailable',
    });
    server.resume();
  });
});
