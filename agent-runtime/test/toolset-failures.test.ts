import { createServer, type AddressInfo } from 'node:net';
import type { AgentDocumentInput } from 'agentyard/contract';
import { TestMcpServer } from './mcp-server';
import { RunningAgent, weather } from './running-agent';

const model: AgentDocumentInput['model'] = {
  provider: 'scripted',
  rules: [
    { when: '^other', steps: [{ calls: [{ tool: 'other', input: { city: 'Lima' } }] }, { say: '{{result}}' }] },
    { steps: [{ calls: [{ tool: 'forecast', input: { city: 'Oslo' } }] }, { say: '{{result}}' }] },
  ],
};

/** A port that nobody listens on. */
async function unusedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}

describe.each([
  ['of the stateless revision', false],
  ['with sessions', true],
])('a toolset %s', (_, sessions) => {
  let agent: RunningAgent;
  const servers: TestMcpServer[] = [];

  async function serve(port?: number): Promise<TestMcpServer> {
    const server = await TestMcpServer.start({ sessions, port });
    servers.push(server);
    return server;
  }

  afterEach(async () => {
    await agent.stop();
    await Promise.all(servers.splice(0).map((server) => server.stop()));
  });

  it('that is down costs its own tools alone, and is tried again at the next request', async () => {
    const other = await serve();
    const port = await unusedPort();
    const second = { ...weather({ name: 'forecast', as: 'other' }), name: 'other', host: 'other' };
    agent = await RunningAgent.start({ model, toolsets: [weather('forecast'), second] });
    await agent.resolve({ 'weather:8080': [`127.0.0.1:${port}`], 'other:8080': [`127.0.0.1:${other.port}`] });

    expect((await agent.invoke('other')).output).toBe('Sunny in Lima.');
    const missing = await agent.invoke('weather');
    expect(missing).toMatchObject({ stopReason: 'completed', toolCalls: [] });
    expect(missing.output).toContain('Available tools: other.');
    expect(agent.logged('toolset-unavailable')[0]).toMatchObject({ toolset: 'weather', level: 'warn' });

    await serve(port);
    expect((await agent.invoke('weather')).output).toBe('Sunny in Oslo.');
  });

  it('that was restarted is connected to again', async () => {
    const first = await serve();
    agent = await RunningAgent.start({ model, toolsets: [weather('forecast')] });
    await agent.resolve({ 'weather:8080': [`127.0.0.1:${first.port}`] });
    await agent.invoke('weather');
    await first.stop();
    servers.splice(0);
    const second = await serve(first.port);
    expect((await agent.invoke('weather')).output).toBe('Sunny in Oslo.');
    expect(second.calls).toHaveLength(1);
  });
});

describe('a session that its toolset forgot', () => {
  it('costs one new session', async () => {
    const server = await TestMcpServer.start({ sessions: true });
    const agent = await RunningAgent.start({ model, toolsets: [weather('forecast')] });
    try {
      await agent.resolve({ 'weather:8080': [`127.0.0.1:${server.port}`] });
      await agent.invoke('weather');
      server.forgetSessions();
      expect((await agent.invoke('weather')).output).toBe('Sunny in Oslo.');
      expect(server.initialized).toBe(2);
      expect(server.calls).toHaveLength(2);
    } finally {
      await agent.stop();
      await server.stop();
    }
  });
});
