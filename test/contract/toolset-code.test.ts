import { parseValue, toolsetDocument, type ContractError } from 'agentyard/contract';

const tool = { name: 'a', description: 'A.', inputSchema: { type: 'object' }, allowedRoles: '*' };
const document = (rest: object, tools: object[]) => ({
  kind: 'Toolset',
  version: 1,
  name: 'logs',
  namespace: 'agents',
  listen: { port: 8080 },
  identity: { audience: 'agentyard:agents/logs', trustBundleDirectory: '/trust', callers: [] },
  scratchDirectory: '/tmp',
  limits: {},
  shutdown: { graceMs: 1000 },
  tools,
  ...rest,
});

function faultsOf(rest: object, tools: object[]): string[] {
  try {
    parseValue(toolsetDocument.schema, document(rest, tools), toolsetDocument.file);
    return [];
  } catch (error) {
    return (error as ContractError).faults.map(({ path, message }) => `${path} ${message}`);
  }
}

const directory = { toolsDirectory: '/tools' };
const server = { server: { command: ['server'] } };
const sha256 = '0'.repeat(64);

describe('the code of the tools in a toolset document', () => {
  it.each<[string, object, object[]]>([
    ['modules with a hash', directory, [{ ...tool, module: 'a.mjs', sha256 }]],
    ['modules of an image', directory, [{ ...tool, module: 'node_modules/@x/y/a.js' }]],
    ['a server', server, [tool]],
  ])('is in %s', (_, rest, tools) => {
    expect(faultsOf(rest, tools)).toEqual([]);
  });

  it('is not nowhere, and not in two places', () => {
    expect(faultsOf({}, [tool])).toEqual([
      '$.toolsDirectory is required where no server has the tools',
      '$.tools[0].module is required where no server has the tools',
    ]);
    expect(faultsOf({ ...directory, ...server }, [{ ...tool, module: 'a.mjs', sha256 }])).toEqual([
      '$.toolsDirectory has no meaning beside a server',
      '$.tools[0].module has no meaning beside a server',
      '$.tools[0].sha256 has no meaning beside a server',
    ]);
  });

  it.each(['../a.mjs', '/a.mjs', './a.mjs', 'x/../a.mjs', 'x//a.mjs', 'a.ts', 'a.cjs', 'x/..', 'x\\..\\a.mjs'])(
    'is not at %s',
    (module) => {
      expect(faultsOf(directory, [{ ...tool, module }])).toEqual([
        '$.tools[0].module must be a relative path of an .mjs or .js file, without ".."',
      ]);
    },
  );
});
