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
  startServer,
  answerJson,
  startTestGateway,
} from './fixture';

afterEach(cleanUp);

async function gatewayBefore(...names: string[]) {
  const servers = await Promise.all(names.map((name) => startAgent(name)));
  const hosts = Object.fromEntries(names.map((name, i) => [`${name}-pods:8080`, [servers[i]?.address ?? '']]));
  const agents = names.map((name) => agent(name));
  const document = documentOf({ agents, routes: [byAgent('first')] });
  const gateway = await startTestGateway({ document, hosts });
  const answeredBy = async () =>
    ((await (await gateway.invoke({ agent: 'first', input: 'hi' })).json()) as { agent?: string }).agent;
  return { gateway, document, answeredBy };
}

describe('reload', () => {
  it('swaps a good document without a lost request', async () => {
    const { gateway, document, answeredBy } = await gatewayBefore('first', 'second');
    expect(await answeredBy()).toBe('first');
    await gateway.writeDocument({ ...document, routes: [byAgent('first', ['second'])] });
    const seen = new Set<string | undefined>();
    await eventually(async () => {
      const who = await answeredBy();
      seen.add(who);
      return who === 'second';
    });
    expect([...seen].filter((who) => who !== 'first' && who !== 'second')).toEqual([]);
    expect(await logLine(gateway, 'reloaded')).toMatchObject({ level: 'info' });
    expect(gateway.logs.some(({ event }) => event === 'restart-needed')).toBe(false);
  });

  it('refuses a wrong document with all its faults in one line, serves on and stays ready', async () => {
    const { gateway, document, answeredBy } = await gatewayBefore('first');
    await gateway.writeDocument({ ...document, routes: [byAgent('nobody')], maxBodyBytes: 0, extra: true });
    const line = await logLine(gateway, 'reload-refused');
    expect(line).toMatchObject({ level: 'error' });
    expect(gateway.metrics.reloadFailures).toBe(1);
    const paths = (line.faults as { path: string }[]).map(({ path }) => path);
    expect(paths).toEqual(expect.arrayContaining(['$.maxBodyBytes', '$.extra']));
    expect(await answeredBy()).toBe('first');
    expect((await fetch(`${gateway.url}/readyz`)).status).toBe(200);

    await gateway.writeDocument({ ...document, maxBodyBytes: 10 });
    await eventually(async () => (await gateway.invoke({ agent: 'first', input: 'hi' })).status === 413);
    expect(gateway.logs.filter(({ event }) => event === 'reload-refused')).toHaveLength(1);
  });

  it('lets a request finish under the document that it began with', async () => {
    let finish: (() => void) | undefined;
    const slow = await startServer(
      (_request, response) => void (finish = () => answerJson(response, 200, { agent: 'first' })),
    );
    const document = documentOf({ agents: [agent('first')], routes: [byAgent('first')] });
    const gateway = await startTestGateway({ document, hosts: { 'first-pods:8080': [slow.address] } });
    const answer = gateway.invoke({ agent: 'first', input: 'hi' });
    await eventually(() => finish !== undefined);
    await gateway.writeDocument({ ...document, agents: [], routes: [] });
    await logLine(gateway, 'reloaded');
    finish?.();
    expect((await answer).status).toBe(200);
    expect((await gateway.invoke({ agent: 'first', input: 'hi' })).status).toBe(404);
  });

  it('takes over another way to authenticate', async () => {
    const { gateway, document } = await gatewayBefore('first');
    const key = apiKey('alice0001');
    await gateway.writeKey('alice', key.file);
    const ask = async (headers = {}) => (await gateway.invoke({ agent: 'first', input: 'hi' }, headers)).status;
    expect(await ask()).toBe(200);
    await gateway.writeDocument({ ...document, auth: API_KEYS });
    await eventually(async () => (await ask()) === 401);
    expect(await ask({ 'x-api-key': key.key })).toBe(200);
    await gateway.writeDocument({
      ...document,
      auth: { mode: 'credentials', apiKeys: { directory: '/etc/agentyard/missing' } },
    });
    await eventually(async () => (await ask({ 'x-api-key': key.key })) === 401);
    expect((await fetch(`${gateway.url}/readyz`)).status).toBe(503);
    await gateway.writeDocument(document);
    await eventually(async () => (await ask()) === 200);
    expect((await fetch(`${gateway.url}/readyz`)).status).toBe(200);
  });

  it('says that a new port needs a restart', async () => {
    const { gateway, document, answeredBy } = await gatewayBefore('first');
    await gateway.writeDocument({ ...document, listen: { port: 9090 } });
    expect(await logLine(gateway, 'restart-needed')).toMatchObject({ level: 'warn' });
    expect(await answeredBy()).toBe('first');
  });
});
