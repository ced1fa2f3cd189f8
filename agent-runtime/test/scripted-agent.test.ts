import type { AgentDocumentInput } from 'agentyard/contract';
import { MAX_RESULT_CHARACTERS } from '../src/tool-result';
import { TestMcpServer } from './mcp-server';
import { RunningAgent, weather } from './running-agent';

const model: AgentDocumentInput['model'] = {
  provider: 'scripted',
  rules: [
    {
      when: '(?i)weather in (Oslo|Lima)',
      steps: [
        { calls: [{ tool: 'lookup', input: { city: '{{input}}' } }] },
        { say: 'It says: {{result}} The second day has {{result.days[1].high}} and {{result.days[7].high}}.' },
      ],
    },
    { when: '^fail', steps: [{ calls: [{ tool: 'failing', input: {} }] }, { say: 'Sorry: {{result}}' }] },
    { when: '^huge', steps: [{ calls: [{ tool: 'huge', input: {} }] }, { say: '{{result}}' }] },
    {
      when: '^both',
      steps: [
        {
          calls: [
            { tool: 'lookup', input: { city: 'Oslo' } },
            { tool: 'failing', input: {} },
          ],
        },
        { say: 'Two answers.' },
      ],
    },
    { when: '^secret', steps: [{ calls: [{ tool: 'secret', input: {} }] }, { say: 'I got: {{result}}' }] },
    { when: '^wrong', steps: [{ calls: [{ tool: 'lookup', input: { town: 1 } }] }, { say: '{{result}}' }] },
    { when: '^tell', steps: [{ say: 'One two three four five six seven eight nine.' }] },
  ],
};

describe.each([
  ['the stateless revision', false],
  ['sessions', true],
])('an agent with a toolset that speaks %s', (_, sessions) => {
  let toolset: TestMcpServer;
  let agent: RunningAgent;

  beforeAll(async () => {
    toolset = await TestMcpServer.start({ sessions });
    agent = await RunningAgent.start({
      model,
      toolsets: [weather({ name: 'forecast', as: 'lookup' }, 'failing', 'huge')],
    });
    await agent.resolve({ 'weather:8080': [`127.0.0.1:${toolset.port}`] });
  });

  afterAll(async () => {
    await agent.stop();
    await toolset.stop();
  });

  it('calls a tool by its offered name and answers with its result', async () => {
    const answer = await agent.invoke('Weather in Oslo');
    expect(answer).toMatchObject({
      agent: 'guide',
      output: 'It says: Sunny in Weather in Oslo. The second day has 18 and [no value at result.days[7].high].',
      stopReason: 'completed',
      turns: 2,
      toolCalls: [
        {
          toolset: 'weather',
          tool: 'forecast',
          input: { city: 'Weather in Oslo' },
          output: 'Sunny in Weather in Oslo.',
          isError: false,
        },
      ],
    });
    expect(answer.usage.inputTokens).toBeGreaterThan(0);
    expect(answer.usage.totalTokens).toBe(answer.usage.inputTokens + answer.usage.outputTokens);
  });

  it('streams events in order whose content is the JSON answer', async () => {
    const events = await agent.stream('weather in Lima');
    const answer = await agent.invoke('weather in Lima');
    const types = events.map(({ type }) => type);
    expect(types.slice(0, 5)).toEqual(['started', 'turn-started', 'tool-started', 'tool-finished', 'turn-started']);
    const deltas = events.flatMap((event) => (event.type === 'text-delta' ? [event.text] : []));
    expect(types.slice(5)).toEqual([...deltas.map(() => 'text-delta'), 'completed']);
    expect(deltas.length).toBeGreaterThan(1);
    expect(deltas.join('')).toBe(answer.output);

    const last = events.at(-1);
    const streamed = last?.type === 'completed' ? last.response : undefined;
    const comparable = {
      requestId: '',
      toolCalls: answer.toolCalls.map((call) => ({ ...call, id: '', durationMs: 0 })),
    };
    expect({
      ...streamed,
      requestId: '',
      toolCalls: streamed?.toolCalls.map((call) => ({ ...call, id: '', durationMs: 0 })),
    }).toEqual({
      ...answer,
      ...comparable,
    });
    const finished = events.find((event) => event.type === 'tool-finished');
    expect(streamed?.toolCalls[0]).toEqual({ ...finished, type: undefined });
  });

  it('gives the error of a tool back to the model', async () => {
    const answer = await agent.invoke('fail please');
    expect(answer.output).toBe('Sorry: The station\nis closed.');
    expect(answer.toolCalls).toMatchObject([{ tool: 'failing', isError: true, output: 'The station\nis closed.' }]);
  });

  it('lets the toolset refuse arguments that do not fit its schema', async () => {
    const answer = await agent.invoke('wrong');
    expect(answer.toolCalls).toMatchObject([{ tool: 'forecast', isError: true }]);
    expect(answer.output).toContain('city');
  });

  it('cuts a result that is too long and says so', async () => {
    const { toolCalls } = await agent.invoke('huge');
    const notice = `\n[The result is longer: ${MAX_RESULT_CHARACTERS} of 250000 characters are shown.]`;
    expect(toolCalls[0]?.output).toBe('x'.repeat(MAX_RESULT_CHARACTERS) + notice);
  });

  it('makes the calls of one turn side by side', async () => {
    const answer = await agent.invoke('both');
    expect(answer.turns).toBe(2);
    expect(answer.toolCalls.map(({ tool }) => tool).sort()).toEqual(['failing', 'forecast']);
  });

  it('never calls a tool that the document does not name', async () => {
    const answer = await agent.invoke('secret');
    expect(answer.toolCalls).toEqual([]);
    expect(answer.output).toContain("unavailable tool 'secret'");
    expect(answer.output).toContain('lookup');
    expect(toolset.calls.map(({ tool }) => tool)).not.toContain('secret');
    expect(agent.logged('tool-unknown')).toHaveLength(1);
  });

  it('answers in plain words when no rule applies', async () => {
    const answer = await agent.invoke('something else');
    expect(answer).toMatchObject({
      output: 'The script of this agent has no rule for this input.',
      stopReason: 'completed',
      turns: 1,
    });
  });

  it('reuses its connection', () => {
    expect(toolset.initialized).toBe(sessions ? 1 : 0);
  });
});

describe('what an agent tells of its requests', () => {
  let toolset: TestMcpServer;
  let agent: RunningAgent;

  beforeAll(async () => {
    toolset = await TestMcpServer.start();
    agent = await RunningAgent.start({ model, toolsets: [weather({ name: 'forecast', as: 'lookup' }, 'vanished')] });
    await agent.resolve({ 'weather:8080': [`127.0.0.1:${toolset.port}`] });
  });

  afterAll(async () => {
    await agent.stop();
    await toolset.stop();
  });

  it('passes its request id to toolsets and returns it', async () => {
    const answer = await agent.invoke('weather in Oslo', { 'x-request-id': 'trace-17' });
    expect(answer.requestId).toBe('trace-17');
    expect(toolset.calls).toEqual([{ tool: 'forecast', requestId: 'trace-17' }]);
  });

  it('logs figures of a request, and nothing of its contents', async () => {
    await agent.invoke('weather in Lima');
    const [line] = agent.logged('request').slice(-1);
    expect(line).toMatchObject({ status: 200, turns: 2, toolCalls: 1, stopReason: 'completed' });
    expect(line?.totalTokens).toBeGreaterThan(0);
    const text = JSON.stringify(agent.log);
    for (const content of ['Lima', 'Sunny', 'You know the weather']) expect(text).not.toContain(content);
  });

  it('says nothing of a declared tool that its toolset does not list, since a user may lack its role', async () => {
    const before = agent.log.length;
    await agent.invoke('tell');
    expect(agent.log.slice(before).map(({ event }) => event)).toEqual(['request']);
  });
});
