import OpenAI from 'openai';
import { parseDocument, agentDocument, type AgentDocumentInput } from 'agentyard/contract';
import { A2aClient } from './a2a-client';
import { TestMcpServer } from './mcp-server';
import { ModelApi, type Answer } from './model-api';
import { documentOf, invocationHeaders, RunningAgent, weather } from './running-agent';
import { ENVIRONMENT, WIRE_FORMATS, type WireFormat } from './wire-formats';

const chat = WIRE_FORMATS.openaiCompatible!;
const AWS = { AWS_ACCESS_KEY_ID: 'AKIDTEST', AWS_SECRET_ACCESS_KEY: 'secret', AWS_EC2_METADATA_DISABLED: 'true' };
const TRIAGE = {
  type: 'object' as const,
  properties: { priority: { type: 'string', enum: ['low', 'high'] }, reason: { type: 'string' } },
  required: ['priority', 'reason'],
  additionalProperties: false,
};
const VALUE = { priority: 'high', reason: 'Nobody can log in.' };
const WRONG = JSON.stringify({ priority: 'urgent', reason: 'Nobody can log in.' });
const json = (value: unknown): Answer => chat.text(JSON.stringify(value));

let api: ModelApi;
let toolset: TestMcpServer;
let agent: RunningAgent | undefined;
const before = { ...process.env };

beforeAll(async () => {
  Object.assign(process.env, AWS);
  api = await ModelApi.start();
  toolset = await TestMcpServer.start();
});

afterEach(async () => {
  await agent?.stop();
  agent = undefined;
});

afterAll(async () => {
  await toolset.stop();
  await api.stop();
  process.env = before;
});

async function start(wire: WireFormat = chat, limits: AgentDocumentInput['limits'] = {}): Promise<RunningAgent> {
  const settings = { model: wire.model(api.url), limits, toolsets: [weather('forecast')], outputSchema: TRIAGE };
  agent = await RunningAgent.start(settings, ENVIRONMENT);
  await agent.resolve({ 'weather:8080': [`127.0.0.1:${toolset.port}`] });
  return agent;
}

describe('an agent whose answers have a schema', () => {
  it.each(Object.entries(WIRE_FORMATS))('asks %s for it after its tools, and gives the value', async (_, wire) => {
    const triage = await start(wire);
    api.willAnswer(
      wire.toolCall('forecast', { city: 'Oslo' }),
      wire.object?.(VALUE) ?? wire.text(JSON.stringify(VALUE)),
    );
    const answer = await triage.invoke('Nobody can log in.');
    expect(answer).toMatchObject({ stopReason: 'completed', structuredOutput: VALUE, turns: 2 });
    expect(JSON.parse(answer.output)).toEqual(VALUE);
    expect(answer.toolCalls.map(({ tool }) => tool)).toEqual(['forecast']);
    for (const { body } of api.requests) expect(JSON.stringify(body)).toContain('"enum":["low","high"]');
  });

  it.each([
    ['no JSON', 'It is urgent.', 'it is no JSON'],
    ['wrong in a member', WRONG, 'it does not meet "enum" at /priority'],
    ['not whole', '{"priority":"low"}', 'it does not meet "required" at /reason'],
    ['of another type', '[]', 'it does not meet "type" at its root'],
  ])('sends an answer that is %s back to the model, with what is wrong', async (_, said, misfit) => {
    const triage = await start();
    api.willAnswer(chat.text(said), json(VALUE));
    expect(await triage.invoke('Nobody can log in.')).toMatchObject({
      stopReason: 'completed',
      structuredOutput: VALUE,
      turns: 2,
      usage: { inputTokens: 20, outputTokens: 10 },
    });
    const messages = api.requests[1]?.body.messages as { role: string; content: string }[];
    expect(messages.slice(-2)).toEqual([
      { role: 'assistant', content: said },
      { role: 'user', content: expect.stringContaining(`That answer cannot be used: ${misfit}.`) },
    ]);
  });

  it('keeps what its tools have answered when it asks again', async () => {
    const triage = await start();
    api.willAnswer(chat.toolCall('forecast', { city: 'Oslo' }), chat.text('Sunny.'), json(VALUE));
    expect(await triage.invoke('Weather?')).toMatchObject({ stopReason: 'completed', turns: 3 });
    expect(JSON.stringify(api.requests[2]?.body)).toContain('Sunny in Oslo.');
  });

  it('ends as invalid-output when the third answer does not fit either, with what was said', async () => {
    const triage = await start();
    api.willAnswer(chat.text('one'), chat.text('two'), chat.text(WRONG));
    const answer = await triage.invoke('Nobody can log in.');
    expect(answer).toMatchObject({ stopReason: 'invalid-output', output: WRONG, turns: 3 });
    expect(answer).not.toHaveProperty('structuredOutput');
    expect(triage.logged('output-invalid')).toHaveLength(3);
    expect(JSON.stringify(triage.log)).not.toContain('urgent');
  });

  it('asks no more often than its limits allow', async () => {
    const triage = await start(chat, { maxTurns: 1 });
    api.willAnswer(chat.text('one'), json(VALUE));
    expect(await triage.invoke('Nobody can log in.')).toMatchObject({ stopReason: 'invalid-output', turns: 1 });
    expect(api.requests).toHaveLength(1);
  });

  it('says which limit has cut an answer, not that it does not fit', async () => {
    const triage = await start(chat, { maxTurns: 1 });
    api.willAnswer(chat.toolCall('forecast', { city: 'Oslo' }));
    expect(await triage.invoke('Weather?')).toMatchObject({ stopReason: 'max-turns' });
  });

  it('streams what the model says, and ends with the value', async () => {
    const triage = await start();
    api.willAnswer(chat.text('one'), json(VALUE));
    const events = await triage.stream('Nobody can log in.');
    expect(events.filter(({ type }) => type === 'turn-started')).toHaveLength(2);
    expect(events.at(-1)).toMatchObject({ type: 'completed', response: { structuredOutput: VALUE } });
  });

  it.each([false, true])('answers chat completions with the JSON alone, as a stream: %s', async (stream) => {
    const triage = await start();
    const { authorization, ...defaultHeaders } = await invocationHeaders(triage.identity);
    const apiKey = authorization!.replace('Bearer ', '');
    const client = new OpenAI({ baseURL: `${triage.url}/v1`, apiKey, defaultHeaders, maxRetries: 0 });
    const asked = { model: 'guide', messages: [{ role: 'user' as const, content: 'Nobody can log in.' }] };
    api.willAnswer(chat.text('one'), json(VALUE));
    let content = '';
    if (stream) {
      for await (const chunk of await client.chat.completions.create({ ...asked, stream: true })) {
        content += chunk.choices[0]?.delta.content ?? '';
      }
    } else {
      content = (await client.chat.completions.create(asked)).choices[0]?.message.content ?? '';
    }
    expect(JSON.parse(content)).toEqual(VALUE);
  });

  it('gives tasks of A2A the value as data beside the text', async () => {
    const triage = await start();
    api.willAnswer(chat.text('one'), json(VALUE));
    const client = await A2aClient.connect(`${triage.url}/a2a`, await invocationHeaders(triage.identity), '1.0');
    const { artifacts } = await client.send('Nobody can log in.');
    const values = artifacts.flatMap(({ parts }) => parts.map(({ content }) => content?.value as unknown));
    expect(values).toEqual([JSON.stringify(VALUE), VALUE]);
  });

  it('is refused where the schema would let everything pass, with the place', () => {
    const outputSchema = { type: 'object', properties: { priority: { type: 'string', enmu: ['low'] } } };
    const text = JSON.stringify(documentOf({ model: chat.model(api.url), outputSchema } as never));
    expect(() => parseDocument(agentDocument, text)).toThrow(/\$\.outputSchema.*enmu/);
  });
});
