import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { Chart } from 'cdk8s';
import OpenAI from 'openai';
import type { LocalPlatform } from '@agentyard/cli';
import {
  Agent,
  ApiKeys,
  Auth,
  Entry,
  McpGateway,
  Model,
  Prompt,
  Role,
  RouteMatch,
  Toolset,
  ToolSource,
} from 'agentyard';
import { invokeResponse, parseValue } from 'agentyard/contract';
import { LocalProgram } from './local-program';

const TOOLS = path.join(__dirname, '../fixtures/greeting-tools');

/** An agent that calls whatever tool it is asked for. */
const caller = (tool: string) => ({ when: tool, calls: [{ tool, input: { name: 'Ada' } }], say: '{{result}}' });

describe('who may call what, on a running platform', () => {
  const program = new LocalProgram();
  let platform: LocalPlatform;

  beforeAll(async () => {
    program.synth((app) => {
      const chart = new Chart(app, 'identity', { namespace: 'identity' });
      const [guest, host] = [Role.fromRoleName('guest'), Role.fromRoleName('host')];
      const greetings = new Toolset(chart, 'greetings', {
        source: ToolSource.fromDirectory(TOOLS),
        allowedRoles: [host],
        toolRoles: { part: [guest, host] },
      });
      const rules = [caller('greet'), caller('part')];
      const prompt = Prompt.fromText('You greet people.');
      const butler = new Agent(chart, 'butler', { prompt, model: Model.scripted(rules), tools: [greetings] });
      const keeper = new Agent(chart, 'keeper', {
        prompt,
        model: Model.scripted([{ say: 'The house is in order.' }]),
        allowedRoles: [host],
      });
      const gateway = new McpGateway(chart, 'gateway', {
        auth: Auth.apiKeys(ApiKeys.fromSecretName('keys')),
        entries: [Entry.fromCidr('10.0.0.0/8')],
        tools: [greetings],
      });
      gateway.addRoute('butler', { match: RouteMatch.agent(butler) });
      gateway.addRoute('keeper', { match: RouteMatch.agent(keeper) });
      gateway.addRoute('order', { match: RouteMatch.intent('order'), backends: [{ agent: keeper }] });
    });
    platform = await program.start();
  });
  afterAll(() => program.end());

  const keyOf = (role: string): string => {
    const key = program.gateway.keysByRole.get(role);
    if (key === undefined) throw new Error(`there is no key for ${role}`);
    return key;
  };
  const urlOf = (name: string): string => platform.workloads.find((workload) => workload.name === name)?.urls[0] ?? '';

  async function client(key: string): Promise<Client> {
    const made = new Client({ name: 'test', version: '1' });
    const headers = { authorization: `Bearer ${key}` };
    const transport = new StreamableHTTPClientTransport(new URL(`${program.gateway.url}/mcp`), {
      requestInit: { headers },
    });
    await made.connect(transport);
    return made;
  }

  const ask = (key: string, body: object) =>
    program.post('/v1/invoke', { input: 'x', ...body }, { authorization: `Bearer ${key}` });

  it.each([
    ['guest', ['part']],
    ['host', ['greet', 'part']],
  ])('a %s sees the tools that the role may call, and no others', async (role, tools) => {
    const mcp = await client(keyOf(role));
    expect((await mcp.listTools()).tools.map(({ name }) => name).sort()).toEqual(tools);
    await mcp.close();
  });

  it('a tool that the role may not call is answered as one that does not exist', async () => {
    const mcp = await client(keyOf('guest'));
    const refusal = (name: string) =>
      mcp.callTool({ name, arguments: { name: 'Ada' } }).then(
        () => 'called',
        (error: Error) => error.message.replaceAll(name, '<name>'),
      );
    expect(await refusal('greet')).toBe(await refusal('nonsense'));
    expect(await refusal('greet')).not.toBe('called');
    expect((await mcp.callTool({ name: 'part', arguments: { name: 'Ada' } })).isError).not.toBe(true);
    await mcp.close();
  });

  it('an agent does for a user what the user may do, and nothing else', async () => {
    const calls = async (role: string, tool: string) => {
      const response = await ask(keyOf(role), { agent: 'butler', input: `Please ${tool}` });
      const { toolCalls } = parseValue(invokeResponse, await response.json(), 'answer');
      return toolCalls.map((call) => [call.tool, call.isError]);
    };
    expect(await calls('host', 'greet')).toEqual([['greet', false]]);
    expect(await calls('guest', 'part')).toEqual([['part', false]]);
    expect(await calls('guest', 'greet')).toEqual([]);
  });

  it('an agent that asks for a role is invoked by nobody else, neither by name nor by intent', async () => {
    expect((await ask(keyOf('host'), { agent: 'keeper' })).status).toBe(200);
    expect((await ask(keyOf('host'), { intent: 'order' })).status).toBe(200);
    for (const target of [{ agent: 'keeper' }, { intent: 'order' }]) {
      const refused = await ask(keyOf('guest'), target);
      expect([refused.status, ((await refused.json()) as { code: string }).code]).toEqual([403, 'role-missing']);
    }
  });

  it('an agent that asks for a role is no model of anybody else', async () => {
    const clientOf = (role: string) =>
      new OpenAI({ baseURL: `${program.gateway.url}/v1`, apiKey: keyOf(role), maxRetries: 0 });
    const modelsOf = async (role: string) => (await clientOf(role).models.list()).data.map(({ id }) => id).sort();
    const chat = (role: string) =>
      clientOf(role).chat.completions.create({ model: 'keeper', messages: [{ role: 'user', content: 'x' }] });
    expect(await modelsOf('host')).toEqual(['butler', 'keeper']);
    expect(await modelsOf('guest')).toEqual(['butler']);
    expect((await chat('host')).choices[0]?.message.content).toBe('The house is in order.');
    await expect(chat('guest')).rejects.toMatchObject({ status: 404, code: 'model_not_found' });
  });

  it.each(['greetings', 'butler'])('%s is called by nobody who is not a service of the platform', async (name) => {
    const target = name === 'butler' ? '/invoke' : '/mcp';
    const body = JSON.stringify(name === 'butler' ? { input: 'x' } : { jsonrpc: '2.0', id: 1, method: 'tools/list' });
    const post = (headers: Record<string, string>) =>
      fetch(`${urlOf(name)}${target}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...headers },
        body,
      });
    expect((await post({})).status).toBe(401);
    expect((await post({ authorization: `Bearer ${program.gateway.key}` })).status).toBe(401);
  });

  it('says in its audit lines who called what, and why somebody was refused', async () => {
    await ask(keyOf('guest'), { agent: 'keeper' });
    const log = () => readFileSync(path.join(platform.logsDirectory, 'gateway.log'), 'utf8');
    const isDenial = (line: string) => /"user":"local-guest".*"decision":"denied","reason":"role-missing"/.test(line);
    for (let i = 0; i < 100 && !log().split('\n').some(isDenial); i += 1) await setTimeout(20);
    expect(log().split('\n').filter(isDenial)).not.toEqual([]);
    expect(log()).not.toContain(keyOf('guest'));
  });
});
