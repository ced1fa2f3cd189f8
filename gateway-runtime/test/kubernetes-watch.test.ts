import type { GatewayDocumentInput } from 'agentyard/contract';
import { FakeApiServer } from '../../runtime-kit/test/fake-api-server';
import {
  agent,
  API_KEYS,
  apiKey,
  byAgent,
  cleanUp,
  documentOf,
  eventually,
  logLine,
  startAgent,
  startTestGateway,
} from './fixture';

afterEach(cleanUp);

const alice = apiKey('alice0001');
const bob = apiKey('bob000001');
const WATCH = { configMap: 'gateway-routes', apiKeysSecret: 'gateway-api-keys' };
const SECRET = `secrets/${WATCH.apiKeysSecret}`;
const CONFIG_MAP = `configmaps/${WATCH.configMap}`;

/** A gateway whose mounted Secret has the key of Alice, and that may watch the Secret itself. */
async function platform({ prepare = (_fake: FakeApiServer): void => undefined, known = true } = {}) {
  const fake = await FakeApiServer.start();
  const server = await startAgent('support');
  const document = documentOf({
    auth: API_KEYS,
    agents: [agent('support')],
    routes: [byAgent('support')],
    watch: WATCH,
  });
  fake.put(SECRET, { alice: alice.file });
  prepare(fake);
  const gateway = await startTestGateway({
    document,
    hosts: { 'support-pods:8080': [server.address] },
    keys: { alice: alice.file },
    sources: known ? { apiServer: () => fake.client() } : {},
  });
  const ask = async ({ key }: { readonly key: string }) =>
    (await gateway.invoke({ agent: 'support', input: 'hi' }, { 'x-api-key': key })).status;
  const answers = (key: typeof alice, status: number) => eventually(async () => (await ask(key)) === status);
  return { fake, gateway, document, ask, answers };
}

/** A document as it stands in its ConfigMap. */
const textOf = (document: GatewayDocumentInput) => ({ 'gateway.json': JSON.stringify(document) });

describe('a gateway that watches the Secret of its API keys', () => {
  it('knows of new keys and of revoked ones although they are mounted as before', async () => {
    const { fake, ask, answers } = await platform();
    expect(await ask(alice)).toBe(200);
    fake.put(SECRET, { bob: bob.file });
    await answers(alice, 401);
    expect(await ask(bob)).toBe(200);
    fake.put(SECRET, undefined);
    await answers(bob, 401);
    expect(await ask(alice)).toBe(401);
  });

  it('lets nobody back in when the API server is gone a moment later', async () => {
    const { fake, ask, answers, gateway } = await platform();
    fake.put(SECRET, {});
    await answers(alice, 401);
    fake.cut((_request, response) => void response.writeHead(500).end());
    await logLine(gateway, 'watch-failed');
    expect(await ask(alice)).toBe(401);
  });

  it('goes by what is mounted where it may not watch, and says so', async () => {
    const forbid = (fake: FakeApiServer) =>
      fake.cut((_request, response) => void response.writeHead(403).end('{"message":"secrets is forbidden"}'));
    const { answers, gateway } = await platform({ prepare: forbid });
    await answers(alice, 200);
    expect(await logLine(gateway, 'watch-failed')).toMatchObject({
      level: 'error',
      fault: 'the API server answers with 403: secrets is forbidden',
    });
    await gateway.writeKey('alice', undefined);
    await answers(alice, 401);
  });

  it('says what is wrong in an entry, without what it holds', async () => {
    const { fake, gateway, answers } = await platform();
    fake.put(SECRET, { broken: '{"kind":"ApiKey", canary', bob: bob.file });
    await answers(bob, 200);
    expect(await logLine(gateway, 'key-refused')).toMatchObject({ file: 'broken' });
    expect(JSON.stringify(gateway.logs)).not.toContain('canary');
  });

  it('does nothing of the kind outside of a cluster', async () => {
    const { fake, ask, gateway } = await platform({ known: false });
    expect(await ask(alice)).toBe(200);
    expect([fake.watched, gateway.logs.filter(({ level }) => level === 'error')]).toEqual([[], []]);
  });
});

describe('a gateway that watches its document', () => {
  it('goes by the new one before it is mounted', async () => {
    const { fake, gateway, document, answers } = await platform();
    await answers(alice, 200);
    fake.put(CONFIG_MAP, textOf({ ...document, agents: [], routes: [] }));
    await logLine(gateway, 'reloaded');
    await answers(alice, 404);
  });

  it('refuses a wrong one, and keeps the one that it has', async () => {
    const { fake, gateway, document, answers } = await platform();
    fake.put(CONFIG_MAP, textOf({ ...document, routes: [byAgent('nobody')] }));
    expect(await logLine(gateway, 'reload-refused')).toBeDefined();
    await answers(alice, 200);
  });

  it('goes by what is mounted when the ConfigMap is gone, or has no document', async () => {
    const { fake, gateway, document, answers } = await platform();
    for (const data of [undefined, { other: '{}' }]) {
      fake.put(CONFIG_MAP, data);
      await answers(alice, 200);
    }
    await gateway.writeDocument({ ...document, agents: [], routes: [] });
    await answers(alice, 404);
  });

  it('goes on to, when a new one names nothing to watch and is not mounted yet', async () => {
    const { fake, gateway, document, answers } = await platform();
    fake.put(SECRET, { bob: bob.file });
    await answers(bob, 200);
    fake.put(CONFIG_MAP, textOf({ ...document, watch: undefined }));
    await logLine(gateway, 'restart-needed');
    await answers(alice, 200);
    await gateway.writeKey('bob', bob.file);
    await answers(bob, 200);
    expect(gateway.logs.filter(({ event }) => event === 'reloaded')).toHaveLength(1);
  });
});
