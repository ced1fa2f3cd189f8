import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Chart } from 'cdk8s';
import { Agent, Auth, McpGateway, Model, Prompt, RouteMatch } from 'agentyard';
import { LocalProgram } from './local-program';

describe('a platform whose documents were changed by hand', () => {
  let program: LocalProgram;

  beforeEach(() => {
    jest.spyOn(process.stderr, 'write').mockReturnValue(true);
    program = new LocalProgram();
    program.synth((app) => {
      const chart = new Chart(app, 'chart', { namespace: 'agents' });
      const agent = new Agent(chart, 'support', {
        prompt: Prompt.fromText('You help.'),
        model: Model.scripted([{ say: 'yes' }]),
      });
      new McpGateway(chart, 'gateway', { auth: Auth.none() }).addRoute('by-name', { match: RouteMatch.agent(agent) });
    });
    jest.restoreAllMocks();
  });
  afterEach(() => program.end());

  const change = (from: string, to: string): void => {
    for (const file of readdirSync(program.manifests)) {
      const target = path.join(program.manifests, file);
      writeFileSync(target, readFileSync(target, 'utf8').replace(from, to));
    }
  };

  it('does not start: every fault is told with its path', async () => {
    change('"maxTurns": 8', '"maxTurns": 0, "maxTurn": 8');
    await expect(program.start()).rejects.toThrow(
      /agent support refuses to start[^]*\$\.limits\.maxTurns[^]*\$\.limits\.maxTurn: unknown key/,
    );
  });

  it('does not start with a section that the runtime does not know', async () => {
    change('"routes": [', '"budgets": { "tokens": 5 },\n      "routes": [');
    await expect(program.start()).rejects.toThrow(/gateway gateway refuses to start[^]*\$\.budgets: unknown key/);
  });

  it('does not start with a document of a newer version', async () => {
    change('"kind": "Gateway",\n      "version": 1', '"kind": "Gateway",\n      "version": 2');
    await expect(program.start()).rejects.toThrow(
      /\$\.version: version 2 is not supported[^]*upgrade the runtime image/,
    );
  });
});
