import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const ROOT = path.join(__dirname, '../..');
const PROGRAM = `
const agent = new yard.Agent(new cdk8s.Chart(app, 'agents', { namespace: 'agents' }), 'support', {
  prompt: yard.Prompt.fromText('You help.'),
  model: yard.Model.scripted([{ say: 'yes' }]),
  tools: [new yard.Toolset(new cdk8s.Chart(app, 'tools', { namespace: 'tools' }), 'greetings', {
    source: yard.ToolSource.fromDirectory(process.cwd() + '/tools'),
    allowedRoles: [yard.Role.anyCaller()],
    argumentRules: {
      greet: [yard.ArgumentRule.forRole(yard.Role.anyCaller(), { schema: { type: 'object' }, expression: 'has(args.name)' })],
    },
  })],
});
app.synth();
`;

/** The package as npm publishes it, installed with its peers in an empty folder. */
describe('the published package', () => {
  jest.setTimeout(300_000);
  let folder: string;

  const run = (command: string, args: string[], cwd: string): string =>
    execFileSync(command, args, { cwd, encoding: 'utf8' });
  const version = (name: string): string => {
    const { devDependencies } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as {
      devDependencies: Record<string, string>;
    };
    return `${name}@${devDependencies[name]}`;
  };

  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'agentyard-package-'));
    run('npm', ['run', 'build:jsii'], ROOT);
    const [packed] = JSON.parse(run('npm', ['pack', '--json', '--pack-destination', folder], ROOT)) as {
      filename: string;
    }[];
    writeFileSync(path.join(folder, 'package.json'), '{ "private": true }');
    run(
      'npm',
      [
        'install',
        '--no-audit',
        '--no-fund',
        `./${packed!.filename}`,
        ...['cdk8s', 'constructs', 'cdk8s-plus-29'].map(version),
      ],
      folder,
    );
    const tools = path.join(folder, 'tools');
    mkdirSync(tools);
    const fixtures = path.join(ROOT, 'test/fixtures/greeting-tools');
    for (const file of readdirSync(fixtures))
      writeFileSync(path.join(tools, file), readFileSync(path.join(fixtures, file)));
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each([
    ['CommonJS', 'program.cjs', "const cdk8s = require('cdk8s'); const yard = require('agentyard');"],
    ['ESM', 'program.mjs', "import * as cdk8s from 'cdk8s'; import * as yard from 'agentyard';"],
  ])('synthesizes from %s', (_, file, imports) => {
    const outdir = path.join(folder, `dist-${file}`);
    writeFileSync(
      path.join(folder, file),
      `${imports}\nconst app = new cdk8s.App({ outdir: '${outdir}' });\nyard.AppId.of('packed').applyTo(app);\n${PROGRAM}`,
    );
    run('node', [file], folder);
    expect(readdirSync(outdir).sort()).toEqual(['agents.k8s.yaml', 'tools.k8s.yaml']);
    expect(readFileSync(path.join(outdir, 'agents.k8s.yaml'), 'utf8')).toContain('greetings.tools.svc');
  });

  it('gives runtimes the contract, and editors its schemas', () => {
    writeFileSync(
      path.join(folder, 'contract.mjs'),
      "import { CONTRACT_VERSION } from 'agentyard/contract'; import { createRequire } from 'node:module';" +
        "console.log(CONTRACT_VERSION, createRequire(import.meta.url)('agentyard/schemas/agent.schema.json').type);",
    );
    expect(run('node', ['contract.mjs'], folder).trim()).toBe('1 object');
  });

  it('proves who can reach and call what, from CommonJS and from ESM, and with its own App', () => {
    const program = `
const app = new yard.App({ id: 'packed', cluster: yard.ClusterProfile.generic(), outdir: 'dist-proof' });
${PROGRAM}
const network = evaluate(app);
const { workloads } = Platform.fromObjects([]);
console.log(network.canReach(agent, 'greetings.tools.svc', 8080).allowed, network.canReach(agent, 'x.example.com', 443).allowed, workloads.length);
console.log(network.calls.tools.length > 0, network.canCall([], 'tools/greetings/greet').allowed, Calls.fromObjects([]).tools.length);
`;
    writeFileSync(
      path.join(folder, 'proof.cjs'),
      `const cdk8s = require('cdk8s'); const yard = require('agentyard');
const { evaluate } = require('agentyard/testing'); const { Platform } = require('agentyard/reachability');
const { Calls } = require('agentyard/authorization');${program}`,
    );
    writeFileSync(
      path.join(folder, 'proof.mjs'),
      `import * as cdk8s from 'cdk8s'; import * as yard from 'agentyard';
import { evaluate } from 'agentyard/testing'; import { Platform } from 'agentyard/reachability';
import { Calls } from 'agentyard/authorization';${program}`,
    );
    for (const file of ['proof.cjs', 'proof.mjs'])
      expect(run('node', [file], folder).trim()).toBe('true false 0\ntrue false 0');
  });
});
