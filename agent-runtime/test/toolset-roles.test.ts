import { USER_CLAIM_HEADER, type AgentDocumentInput, type ToolsetDocumentInput } from 'agentyard/contract';
import { audienceOf, subjectOf } from '../../runtime-kit/test/identity-fixture';
import { eventually } from '../../runtime-kit/test/test-resources';
import { RuntimeProcess } from '../../sandbox-runtime/test/runtime-process';
import { SandboxFixture } from '../../sandbox-runtime/test/sandbox-fixture';
import { documentOf, IDENTITY_MOUNT, RunningAgent, weather } from './running-agent';

const GUIDE = audienceOf('guide');
const AUDIENCES = [GUIDE, audienceOf('weather'), audienceOf('calendar')];
const MODULE = `
export async function forecast({ city }) { return 'Sunny in ' + city; }
export async function alarm() { return 'The alarm is on.'; }
`;
const tools = [
  { name: 'forecast', module: 'm.mjs', allowedRoles: ['reader'] },
  { name: 'alarm', module: 'm.mjs', allowedRoles: ['officer'] },
];
const model: AgentDocumentInput['model'] = {
  provider: 'scripted',
  rules: [
    { when: '^alarm', steps: [{ calls: [{ tool: 'alarm', input: {} }] }, { say: '{{result}}' }] },
    { steps: [{ calls: [{ tool: 'forecast', input: { city: 'Oslo' } }] }, { say: '{{result}}' }] },
  ],
};

/** An agent and two real sandboxes; the second one names the first as a caller, as if it were an agent. */
describe('an agent between users and the tools of sandboxes', () => {
  let agent: RunningAgent;
  let sandboxes: SandboxFixture[];
  let runtimes: RuntimeProcess[];

  beforeAll(async () => {
    const { identity } = documentOf({ model });
    const job = { name: 'job', subject: subjectOf('job'), withoutUser: true };
    const calendar = {
      ...weather({ name: 'forecast', as: 'calendar_forecast' }),
      name: 'calendar',
      host: 'calendar',
      serviceToken: { audience: audienceOf('calendar'), file: `${IDENTITY_MOUNT}/tokens/guide-calendar` },
    };
    agent = await RunningAgent.start({
      model,
      toolsets: [weather('forecast', 'alarm'), calendar],
      identity: { ...identity, callers: [...identity.callers, job] },
    });
    await agent.identity.tokenFile('guide', 'calendar');
    const claimIssuers = [agent.identity.gateway.issuer];
    const all = ['forecast', 'alarm'];
    const guide = { name: 'guide', subject: subjectOf('guide'), claimIssuers, tools: all, ownTools: ['forecast'] };
    const first = { name: 'weather', subject: subjectOf('weather'), claimIssuers, tools: all };
    sandboxes = [await SandboxFixture.create(), await SandboxFixture.create()];
    await write(sandboxes[0]!, 'weather', [guide]);
    await write(sandboxes[1]!, 'calendar', [guide, first]);
    runtimes = sandboxes.map((sandbox) => new RuntimeProcess(sandbox));
    const [one, two] = await Promise.all(runtimes.map((runtime) => ready(runtime)));
    await agent.resolve({ 'weather:8080': [one!], 'calendar:8080': [two!] });
  }, 60_000);

  afterAll(async () => {
    await agent.stop();
    await Promise.all(runtimes.map((runtime) => runtime.stop('SIGKILL')));
    await Promise.all(sandboxes.map((sandbox) => sandbox.close()));
  });

  function write(sandbox: SandboxFixture, name: string, callers: ToolsetDocumentInput['identity']['callers']) {
    const { trustBundleDirectory } = agent.identity;
    const identity = { audience: audienceOf(name), trustBundleDirectory, callers };
    return sandbox.write({ modules: { 'm.mjs': MODULE }, tools }, { identity });
  }

  async function ready(runtime: RuntimeProcess): Promise<string> {
    const address = await runtime.address();
    await eventually(async () => (await fetch(`${address}/readyz`)).ok);
    return address.slice('http://'.length);
  }

  const claimOf = (...roles: string[]) => agent.identity.gateway.claim('guide', AUDIENCES, { roles });
  const invoke = async (input: string, ...roles: string[]) =>
    agent.invoke(input, { [USER_CLAIM_HEADER]: await claimOf(...roles) });

  it('calls a tool for a user who has its role', async () => {
    expect(await invoke('weather', 'reader')).toMatchObject({
      output: 'Sunny in Oslo',
      toolCalls: [{ toolset: 'weather', tool: 'forecast', isError: false }],
    });
    const line = await eventually(() => runtimes[0]!.lines.find(({ event }) => event === 'tool-call'));
    expect(line).toMatchObject({ type: 'audit', tool: 'forecast', decision: 'allowed', caller: 'guide', user: 'ada' });
  });

  it('lends no user a role: a tool is neither offered nor called, before and after one who has it', async () => {
    const calls = () => runtimes[0]!.lines.filter(({ event, tool }) => event === 'tool-call' && tool === 'alarm');
    for (const roles of [['reader'], ['officer', 'reader'], ['reader'], []]) {
      const { output, toolCalls } = await invoke('alarm', ...roles);
      if (roles.includes('officer')) {
        expect([output, toolCalls.length]).toEqual(['The alarm is on.', 1]);
      } else {
        expect([output.includes("unavailable tool 'alarm'"), toolCalls]).toEqual([true, []]);
      }
    }
    expect(calls()).toHaveLength(1);
  });

  it('calls for itself only what it was given to use without a user', async () => {
    const headers = { 'content-type': 'application/json', authorization: await agent.identity.bearer('job', 'guide') };
    const ask = async (input: string) => {
      const init = { method: 'POST', headers, body: JSON.stringify({ input }) };
      return (await (await fetch(`${agent.url}/invoke`, init)).json()) as { output: string };
    };
    expect((await ask('weather')).output).toBe('Sunny in Oslo');
    expect((await ask('alarm')).output).toContain("unavailable tool 'alarm'");
  });

  it('leaves a toolset nothing with which it could call another', async () => {
    // What the first toolset gets with a call of the agent, and the token that it would have as a service of its own.
    const claim = await claimOf('reader', 'officer');
    const shown = await agent.identity.bearer('guide', 'weather');
    const own = await agent.identity.bearer('weather', 'calendar');
    const address = await runtimes[1]!.address();
    const statusWith = async (authorization: string) => {
      const headers = { authorization, [USER_CLAIM_HEADER]: claim };
      return (await fetch(`${address}/mcp`, { method: 'GET', headers })).status;
    };
    expect([await statusWith(shown), await statusWith(own)]).toEqual([401, 403]);
    const reasons = await eventually(() => {
      const found = runtimes[1]!.lines.filter(({ decision, event }) => event === 'request' && decision === 'denied');
      return found.length === 2 && found.map(({ reason, caller }) => [reason, caller]);
    });
    expect(reasons).toEqual([
      ['token-audience', subjectOf('guide')],
      ['claim-party', 'weather'],
    ]);
    // The same claim counts where the agent itself brings it.
    expect(await statusWith(await agent.identity.bearer('guide', 'calendar'))).toBe(405);
  });
});
