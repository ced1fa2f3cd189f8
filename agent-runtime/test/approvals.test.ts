import { approvalList, parseValue, type Approval } from 'agentyard/contract';
import { cleanUp, onCleanUp, temporaryDirectory } from '../../runtime-kit/test/test-resources';
import { TestMcpServer } from './mcp-server';
import { ModelApi } from './model-api';
import { RunningAgent, weather } from './running-agent';
import { SessionClient } from './session-client';
import { chatAnswer, ENVIRONMENT, WIRE_FORMATS } from './wire-formats';

const chat = WIRE_FORMATS.openaiCompatible!;
const callOf = (index: number, name: string, city: string) => ({
  index,
  id: `call_${index}`,
  type: 'function',
  function: { name, arguments: JSON.stringify({ city }) },
});
const forecasts = (...cities: string[]) =>
  chatAnswer({ tool_calls: cities.map((city, i) => callOf(i, 'forecast', city)) }, 'tool_calls');

describe('calls that wait for a person', () => {
  let api: ModelApi;
  let toolset: TestMcpServer;
  let directory: string;

  beforeAll(async () => {
    api = await ModelApi.start();
    toolset = await TestMcpServer.start();
  });

  beforeEach(async () => {
    directory = await temporaryDirectory();
    toolset.calls.length = 0;
  });

  afterEach(cleanUp);

  afterAll(async () => {
    await toolset.stop();
    await api.stop();
  });

  async function start(settings: Partial<Parameters<typeof RunningAgent.start>[0]> = {}): Promise<RunningAgent> {
    const binding = weather('forecast', 'failing');
    const tools = binding.tools.map((tool) => ({ ...tool, needsApproval: tool.name === 'forecast' }));
    const agent = await RunningAgent.start(
      {
        model: chat.model(api.url),
        toolsets: [{ ...binding, tools }],
        sessions: { store: { kind: 'volume', directory } },
        approvals: { approverRoles: ['officer'] },
        ...settings,
      },
      ENVIRONMENT,
    );
    await agent.resolve({ 'weather:8080': [`127.0.0.1:${toolset.port}`] });
    onCleanUp(() => agent.stop());
    return agent;
  }

  const people = (agent: RunningAgent) => ({
    ada: new SessionClient(agent, 'ada', ['officer']),
    eve: new SessionClient(agent, 'eve', ['officer']),
    bob: new SessionClient(agent, 'bob'),
  });

  async function pendingFor(approver: SessionClient): Promise<Approval[]> {
    const response = await approver.send('/approvals/list', {});
    expect(response.status).toBe(200);
    return parseValue(approvalList, await response.json(), 'list').approvals;
  }

  /** The last line of an audited decision. */
  const decisions = (agent: RunningAgent) => agent.log.filter(({ path }) => path === '/approvals/decide');

  it('a run waits, survives a restart of the agent, and goes on when somebody else has approved', async () => {
    const first = await start();
    api.willAnswer(forecasts('Oslo'));
    const paused = await people(first).ada.ask('trip', 'The weather?');
    expect(paused).toMatchObject({
      stopReason: 'approval-required',
      sessionId: 'trip',
      toolCalls: [],
      approval: { calls: [{ id: 'call_0', toolset: 'weather', tool: 'forecast', input: { city: 'Oslo' } }] },
    });
    const { id } = paused.approval!;
    await first.stop();
    expect(toolset.calls).toEqual([]);

    const agent = await start();
    const { ada, eve } = people(agent);
    expect(await ada.refusal('/resume', { sessionId: 'trip' })).toEqual({ status: 409, code: 'approval-pending' });
    expect(await ada.refusal('/invoke', { sessionId: 'trip', input: 'Go.' })).toMatchObject({
      code: 'approval-pending',
    });
    expect(await pendingFor(eve)).toMatchObject([{ id, agent: 'guide', user: 'ada' }]);
    const decided = await eve.send('/approvals/decide', { id, approved: true });
    expect(await decided.json()).toMatchObject({ id, calls: [{ decision: { approved: true, by: 'eve' } }] });
    expect(await pendingFor(eve)).toEqual([]);

    api.willAnswer(chat.text('It is sunny.'));
    expect(await ada.ask('trip')).toMatchObject({
      output: 'It is sunny.',
      stopReason: 'completed',
      toolCalls: [{ id: 'call_0', output: 'Sunny in Oslo.', isError: false }],
    });
    expect(toolset.calls).toHaveLength(1);
    expect(decisions(agent).at(-1)).toMatchObject({
      type: 'audit',
      decision: 'allowed',
      user: 'eve',
      approval: id,
      approved: true,
      requester: 'ada',
      tools: ['weather/forecast'],
    });
    const resumed = agent.log.filter(({ path, status }) => path === '/resume' && status === 200);
    expect(resumed).toMatchObject([{ user: 'ada', approval: id, approvedBy: ['eve'], deniedBy: [] }]);

    expect(await eve.refusal('/approvals/decide', { id, approved: false })).toMatchObject({ code: 'approval-unknown' });

    // The session goes on as any other.
    api.willAnswer(chat.text('You are welcome.'));
    expect(await ada.ask('trip', 'Thanks.')).toMatchObject({ output: 'You are welcome.' });
  });

  it('a call that was denied is not made, and the model is told why', async () => {
    const { ada, eve } = people(await start());
    api.willAnswer(forecasts('Oslo', 'Rome'));
    const { approval } = await ada.ask('trip', 'The weather?');
    const id = approval!.id;
    await eve.send('/approvals/decide', { id, approved: false, calls: ['call_0'], reason: 'Oslo is none of yours.' });
    expect(await ada.refusal('/resume', { sessionId: 'trip' })).toMatchObject({ code: 'approval-pending' });
    await eve.send('/approvals/decide', { id, approved: true, calls: ['call_1'] });
    api.willAnswer(chat.text('Rome is sunny.'));
    const { toolCalls } = await ada.ask('trip');
    expect(toolCalls).toEqual([
      expect.objectContaining({ id: 'call_0', isError: true, output: 'The call was not made: it was not approved.' }),
      expect.objectContaining({ id: 'call_1', isError: false, output: 'Sunny in Rome.' }),
    ]);
    expect(toolset.calls).toHaveLength(1);
    expect(JSON.stringify(api.requests.at(-1)!.body)).toContain('Oslo is none of yours.');
  });

  it('is decided by approvers alone, not by who has asked, and once', async () => {
    const agent = await start();
    const { ada, eve, bob } = people(agent);
    api.willAnswer(forecasts('Oslo'));
    const id = (await ada.ask('trip', 'The weather?')).approval!.id;
    const body = { id, approved: true };
    expect(await bob.refusal('/approvals/decide', body)).toEqual({ status: 403, code: 'role-missing' });
    expect(await ada.refusal('/approvals/decide', body)).toEqual({ status: 404, code: 'approval-unknown' });
    expect(await pendingFor(ada)).toEqual([]);
    expect(await eve.refusal('/approvals/decide', { ...body, id: 'none' })).toMatchObject({ code: 'approval-unknown' });
    expect(await eve.refusal('/approvals/decide', { ...body, calls: ['none'] })).toMatchObject({
      code: 'approval-unknown',
    });
    expect((await eve.send('/approvals/decide', body)).status).toBe(200);
    expect(await eve.refusal('/approvals/decide', { ...body, approved: false })).toEqual({
      status: 409,
      code: 'approval-decided',
    });
    const refused = decisions(agent).filter(({ status }) => status !== 200);
    expect(refused.map(({ type, decision }) => [type, decision])).toEqual(Array(5).fill(['audit', 'denied']));
    expect(await bob.refusal('/resume', { sessionId: 'trip' })).toEqual({ status: 404, code: 'approval-unknown' });
  });

  it('lets approvers decide about their own requests where the contract says so', async () => {
    const { ada } = people(await start({ approvals: { approverRoles: ['officer'], ownRequests: true } }));
    api.willAnswer(forecasts('Oslo'));
    const id = (await ada.ask('trip', 'The weather?')).approval!.id;
    expect(await pendingFor(ada)).toMatchObject([{ id }]);
    expect((await ada.send('/approvals/decide', { id, approved: true })).status).toBe(200);
  });

  it('counts as denied when nobody has decided in time', async () => {
    const { ada, eve } = people(await start({ approvals: { approverRoles: ['officer'], timeoutMs: 1_000 } }));
    api.willAnswer(forecasts('Oslo'));
    const id = (await ada.ask('trip', 'The weather?')).approval!.id;
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    expect(await eve.refusal('/approvals/decide', { id, approved: true })).toMatchObject({ code: 'approval-unknown' });
    api.willAnswer(chat.text('I may not.'));
    expect(await ada.ask('trip')).toMatchObject({ output: 'I may not.', toolCalls: [{ isError: true }] });
    expect(JSON.stringify(api.requests.at(-1)!.body)).toContain('Nobody has approved the call in time.');
    expect(toolset.calls).toEqual([]);
  });

  it('a run without a session gets one to wait in; other calls of the turn are made', async () => {
    const { ada, eve } = people(await start());
    api.willAnswer(
      chatAnswer({ tool_calls: [callOf(0, 'forecast', 'Oslo'), callOf(1, 'failing', '')] }, 'tool_calls'),
      chat.text('Done.'),
    );
    const paused = await ada.ask(undefined, 'The weather?');
    expect(paused.toolCalls).toMatchObject([{ id: 'call_1', tool: 'failing' }]);
    await eve.send('/approvals/decide', { id: paused.approval!.id, approved: true });
    expect(await ada.ask(paused.sessionId)).toMatchObject({ output: 'Done.', toolCalls: [{ id: 'call_0' }] });
    expect(toolset.calls.map(({ tool }) => tool)).toEqual(['failing', 'forecast']);
  });

  it('makes an approved call once, also when the run breaks off after it', async () => {
    const { ada, eve } = people(await start());
    api.willAnswer(forecasts('Oslo'), (response) => response.writeHead(400).end());
    const id = (await ada.ask('trip', 'The weather?')).approval!.id;
    await eve.send('/approvals/decide', { id, approved: true });
    expect(await ada.refusal('/resume', { sessionId: 'trip' })).toMatchObject({ code: 'model-failed' });
    expect(toolset.calls).toHaveLength(1);
    api.willAnswer(chat.text('I do not know.'));
    expect(await ada.ask('trip')).toMatchObject({ output: 'I do not know.' });
    expect(toolset.calls).toHaveLength(1);
    expect(JSON.stringify(api.requests.at(-1)!.body)).toContain('It may have been made.');
  });

  it('is not made when its tool is not there any more, and the model is told so', async () => {
    const { ada, eve } = people(await start());
    api.willAnswer(forecasts('Oslo'));
    const id = (await ada.ask('trip', 'The weather?')).approval!.id;
    await eve.send('/approvals/decide', { id, approved: true });
    const without = weather('failing');
    const later = await start({ toolsets: [without] });
    api.willAnswer(chat.text('It is gone.'));
    expect(await people(later).ada.ask('trip')).toMatchObject({ output: 'It is gone.', toolCalls: [] });
    expect(JSON.stringify(api.requests.at(-1)!.body)).toContain('not made: its tool is not there');
    expect(toolset.calls).toEqual([]);
  });

  it('limits hold for the whole run, and each answer says what its part has used', async () => {
    const { ada, eve } = people(await start({ limits: { maxTurns: 2, maxToolCalls: 1 } }));
    api.willAnswer(forecasts('Oslo'), forecasts('Rome'));
    const paused = await ada.ask('trip', 'The weather?');
    await eve.send('/approvals/decide', { id: paused.approval!.id, approved: true });
    const ended = await ada.ask('trip');
    expect(ended).toMatchObject({ stopReason: 'max-turns', turns: 1 });
    expect(ended.usage).toEqual(paused.usage);
  });

  it('events say it too, and other ways to ask do not wait', async () => {
    const { ada } = people(await start());
    api.willAnswer(forecasts('Oslo'));
    const body = { sessionId: 'trip', input: 'The weather?' };
    const streamed = await ada.send('/invoke', body, { accept: 'text/event-stream' });
    const text = await streamed.text();
    expect(text).not.toContain('tool-started');
    expect(text).toContain('"stopReason":"approval-required"');
    api.willAnswer(forecasts('Oslo'), chat.text('Nobody can be asked.'));
    const chatted = await ada.send('/v1/chat/completions', { messages: [{ role: 'user', content: 'The weather?' }] });
    expect(await chatted.json()).toMatchObject({ choices: [{ message: { content: 'Nobody can be asked.' } }] });
    expect(JSON.stringify(api.requests.at(-1)!.body)).toContain('a person has to approve it');
    expect(toolset.calls).toEqual([]);
  });
});
