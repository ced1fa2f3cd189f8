import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import type { LocalGateway } from '@agentyard/cli';
import { Calls, type ToolId } from 'agentyard/authorization';
import { invokeResponse, parseValue, type AgentDocument } from 'agentyard/contract';
import { stringify } from 'yaml';
import { synthesis } from '../apps/synthesis';
import { readManifests } from '../cluster/manifests';
import { silenceWarnings } from '../constructs/silence-warnings';
import { LocalProgram } from './local-program';

silenceWarnings();

const ROOT = path.join(__dirname, '../..');
const APPS = [
  ['apps/fabric.ts', {}],
  ['apps/code-gateway.ts', { CODE_GATEWAY_DELIVERY: 'file' }],
] as const;

/** The app with agents that call whatever tool they are asked for by its name; all else is as it is synthesized. */
function writeObedient(program: LocalProgram, app: string, environment: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(synthesis(path.join(ROOT, app), environment))) {
    writeFileSync(path.join(program.manifests, name), text);
    const objects = readManifests(path.join(program.manifests, name)).map((object) => {
      const document = object.data?.['agent.json'] as string | undefined;
      if (document === undefined) return object;
      return { ...object, data: { 'agent.json': JSON.stringify(obedient(JSON.parse(document) as AgentDocument)) } };
    });
    const yaml = objects.map((object) => stringify(object, { version: '1.1' })).join('---\n');
    writeFileSync(path.join(program.manifests, name), yaml);
  }
}

function obedient(document: AgentDocument) {
  const tools = document.toolsets.flatMap((toolset) => toolset.tools.map(({ as }) => as));
  const rules = tools.map((tool) => ({ when: tool, steps: [{ calls: [{ tool, input: {} }] }, { say: 'done' }] }));
  return { ...document, model: { provider: 'scripted', rules } };
}

/** What canCall says, and what the running gateway does, for every role and every tool of an app. */
describe.each(APPS)('%s: canCall and the running gateway agree', (app, environment) => {
  const program = new LocalProgram();
  let calls: Calls;

  beforeAll(async () => {
    writeObedient(program, app, environment);
    calls = Calls.fromObjects(readManifests(program.manifests));
    await program.start();
  });
  afterAll(() => program.end());

  /** Credentials by the roles that they bring: one for each role, one for all of them, and one without any. */
  const credentials = (gateway: LocalGateway): [roles: readonly string[], key: string][] => {
    const { key = '', keysByRole, keyWithoutRoles } = gateway;
    return [
      [[...keysByRole.keys()], key],
      // Without roles to ask for, the first has none either.
      ...(keyWithoutRoles === undefined ? [] : [[[], keyWithoutRoles] as [string[], string]]),
      ...[...keysByRole].map(([role, one]): [string[], string] => [[role], one]),
    ];
  };

  const titleOf = ({ toolset, tool }: ToolId) => `${toolset}/${tool}`;

  /** Tools with a way through an agent, and those with a way past all agents. */
  function expected(roles: readonly string[], gateway: string, through: string | undefined): string[] {
    const isWay = (hops: readonly { kind: string; name: string }[]) =>
      hops.find(({ kind }) => kind === 'agent')?.name === through;
    return calls.tools
      .filter((tool) => calls.pathsFor({ roles, gateway }, tool).some(({ hops }) => isWay(hops)))
      .map(titleOf)
      .sort();
  }

  /** The tools of a gateway's document that a client sees and may call. */
  async function direct({ url, document }: LocalGateway, key: string): Promise<string[]> {
    const client = new Client({ name: 'test', version: '1' });
    const requestInit = { headers: { authorization: `Bearer ${key}` } };
    await client.connect(new StreamableHTTPClientTransport(new URL(`${url}/mcp`), { requestInit }));
    const listed = new Set((await client.listTools()).tools.map(({ name }) => name));
    const found: string[] = [];
    for (const { host, tools } of document.toolsets) {
      for (const { name, as } of tools) {
        const isCalled = await client.callTool({ name: as, arguments: {} }).then(
          () => true,
          () => false,
        );
        expect([as, isCalled]).toEqual([as, listed.has(as)]);
        if (isCalled) found.push(`${toolsetOf(host)}/${name}`);
      }
    }
    await client.close();
    return found.sort();
  }

  /** The tools that an agent calls for a client. */
  async function throughAgent({ url, document }: LocalGateway, agent: string, key: string): Promise<string[]> {
    const found: string[] = [];
    for (const { tool, toolset } of calls.tools) {
      const answer = await fetch(`${url}/v1/invoke`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        body: JSON.stringify({ agent, input: tool }),
      });
      expect(answer.status).toBe(200);
      const { toolCalls } = parseValue(invokeResponse, await answer.json(), 'answer');
      found.push(...toolCalls.map((call) => `${toolset.split('/')[0]}/${call.toolset}/${call.tool}`));
    }
    expect(document.agents.map(({ name }) => name)).toContain(agent);
    return found.sort();
  }

  /** `namespace/name` of the toolset behind a host name of a binding: `<name>-pods.<namespace>.svc`. */
  const toolsetOf = (host: string) => host.replace(/^(.*)-pods\.([^.]*)\.svc$/, '$2/$1');

  it('for each role, directly', async () => {
    const { gateway } = program;
    const name = `${gateway.namespace}/${gateway.name}`;
    for (const [roles, key] of credentials(gateway)) {
      expect([roles, await direct(gateway, key)]).toEqual([roles, expected(roles, name, undefined)]);
    }
  });

  it('for each role, through each agent', async () => {
    const { gateway } = program;
    const name = `${gateway.namespace}/${gateway.name}`;
    for (const { name: agent, subject } of gateway.document.agents) {
      const through = subject.replace(/^system:serviceaccount:(.*):.*$/, `$1/${agent}`);
      for (const [roles, key] of credentials(gateway)) {
        expect([roles, await throughAgent(gateway, agent, key)]).toEqual([roles, expected(roles, name, through)]);
      }
    }
  });

  it('and there is something that somebody may call', () => {
    const { gateway } = program;
    const all = [...gateway.keysByRole.keys()];
    expect(expected(all, `${gateway.namespace}/${gateway.name}`, undefined)).not.toEqual([]);
    expect(calls.roles).toEqual([...gateway.keysByRole.keys()].sort());
  });
});
