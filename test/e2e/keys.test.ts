import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Chart } from 'cdk8s';
import { Agent, ApiKeys, Auth, Entry, McpGateway, Model, Prompt, Role, RouteMatch } from 'agentyard';
import { runCommand } from '../../cli/test/fixtures/run-command';
import { LocalProgram } from './local-program';

/** As a team does it that keeps its keys in a repository: made by the command, applied with the manifests. */
describe('keys that agentyard keys has made, on a running gateway', () => {
  const program = new LocalProgram();
  const manifest = path.join(program.manifests, 'keys.yaml');

  beforeAll(() => {
    program.synth((app) => {
      const chart = new Chart(app, 'keys', { namespace: 'agents' });
      const host = Role.fromRoleName('host');
      const agent = (id: string, allowedRoles: Role[]) =>
        new Agent(chart, id, { prompt: Prompt.fromText('x'), model: Model.scripted([{ say: 'yes' }]), allowedRoles });
      const gateway = new McpGateway(chart, 'gateway', {
        auth: Auth.apiKeys(ApiKeys.fromSecretName('gateway-api-keys')),
        entries: [Entry.fromCidr('10.0.0.0/8')],
      });
      for (const made of [agent('porter', [Role.anyCaller()]), agent('keeper', [host])]) {
        gateway.addRoute(made.node.id, { match: RouteMatch.agent(made) });
      }
    });
  });
  afterAll(() => program.end());

  const keys = (...args: string[]) =>
    runCommand('keys', ...args, '--gateway', 'agents/gateway', '--manifests', program.manifests);
  const statusOf = async (key: string, agent: string) =>
    (await program.post('/v1/invoke', { agent, input: 'x' }, { authorization: `Bearer ${key}` })).status;

  it('let in whom they say, with the roles that they say, until they are taken away', async () => {
    const { code, output, errors } = await keys(
      'create',
      '--user',
      'ada',
      '--role',
      'host',
      '--expires',
      '1d',
      '--print',
    );
    expect(code).toBe(0);
    const [key = ''] = /ay_[a-z0-9]+_[A-Za-z0-9_-]{43}/.exec(errors) ?? [];
    expect(output).not.toContain(key);
    writeFileSync(manifest, output);
    await program.start({ watch: true });
    expect([await statusOf(key, 'porter'), await statusOf(key, 'keeper')]).toEqual([200, 200]);

    const guest = await keys('create', '--user', 'bob', '--expires', '1d', '--print');
    const [weak = ''] = /ay_[a-z0-9]+_[A-Za-z0-9_-]{43}/.exec(guest.errors) ?? [];
    writeFileSync(manifest, guest.output);
    for (let i = 0; i < 200 && (await statusOf(key, 'porter')) !== 401; i += 1) await setTimeout(50);
    expect(await statusOf(key, 'porter')).toBe(401);
    expect([await statusOf(weak, 'porter'), await statusOf(weak, 'keeper')]).toEqual([200, 403]);
    rmSync(manifest);
  }, 60_000);

  it('are refused for a role that nobody asks for', async () => {
    const { code, errors } = await keys('create', '--user', 'ada', '--role', 'hots', '--expires', '1d', '--print');
    expect(code).toBe(1);
    expect(errors).toContain('host');
  });
});
