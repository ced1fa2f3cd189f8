import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Chart } from 'cdk8s';
import { ApiKeys, Auth, ClusterProfile, Entry, McpGateway, Role, Toolset, ToolSource } from 'agentyard';
import { LocalProgram } from './local-program';

/** What the image's directory has: built code with a package beside it. */
const FILES = {
  'index.mjs': `import { loud } from 'loud'; export const shout = ({ text }) => loud(text);`,
  'node_modules/loud/package.json': '{ "name": "loud", "main": "main.js" }',
  'node_modules/loud/main.js': "exports.loud = (text) => text.toUpperCase() + '!';",
};

const apiServer = { cidrs: ['10.0.0.1/32'] };

function imageProgram(program: LocalProgram, cluster: ClusterProfile): void {
  program.synth((app) => {
    cluster.applyTo(app);
    const chart = new Chart(app, 'chart', { namespace: 'tools' });
    const shouts = new Toolset(chart, 'shouts', {
      source: ToolSource.fromImage(`registry.example.com/shouts@sha256:${'0'.repeat(64)}`, {
        directory: '/opt/shouts',
        entryModule: 'index.mjs',
        tools: [
          {
            name: 'shout',
            description: 'Says it louder.',
            inputSchema: { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] },
          },
        ],
      }),
      allowedRoles: [Role.anyCaller()],
    });
    new McpGateway(chart, 'gateway', {
      auth: Auth.apiKeys(ApiKeys.fromSecretName('gateway-keys')),
      entries: [Entry.fromCidr('127.0.0.1/32')],
      tools: [shouts],
    });
  });
}

describe.each([
  ['copied', ClusterProfile.generic({ apiServer })],
  ['mounted', ClusterProfile.generic({ apiServer, kubernetesVersion: '1.36' })],
])('tools of an image on this machine, which a cluster would have %s', (_, cluster) => {
  const program = new LocalProgram();
  const directory = mkdtempSync(path.join(tmpdir(), 'agentyard-image-'));

  beforeAll(async () => {
    for (const [name, text] of Object.entries(FILES)) {
      mkdirSync(path.dirname(path.join(directory, name)), { recursive: true });
      writeFileSync(path.join(directory, name), text);
    }
    imageProgram(program, cluster);
    await program.start({ mounts: { 'shouts/tools': directory } });
  });

  afterAll(async () => {
    await program.end();
    rmSync(directory, { recursive: true, force: true });
  });

  const call = async (text: unknown) => {
    const params = { name: 'shout', arguments: { text } };
    const message = { jsonrpc: '2.0', id: 1, method: 'tools/call', params };
    const answer = await program.post('/mcp', message, {
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': '2025-11-25',
    });
    return answer.text();
  };

  it('run from the directory that stands for it', async () => {
    expect(await call('well')).toContain('WELL!');
  });

  it('get nothing that does not fit what is declared', async () => {
    expect(await call(7)).toContain('do not fit the tool');
  });
});
