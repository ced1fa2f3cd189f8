import { ContractError } from 'agentyard/contract';
import { ToolSchemas } from '../src/tool-schemas';

const schemas = (inputSchema: object) =>
  new ToolSchemas([
    {
      name: 'tool',
      description: 'A tool.',
      allowedRoles: '*',
      module: 'tool.mjs',
      sha256: '0'.repeat(64),
      inputSchema: { type: 'object', ...inputSchema },
    },
  ]);

const refusal = (inputSchema: object): readonly { path: string; message: string }[] => {
  try {
    schemas(inputSchema);
  } catch (error) {
    if (error instanceof ContractError) return error.faults;
    throw error;
  }
  return [];
};

describe('the schemas of tools', () => {
  it('take a pattern in linear time, whatever the argument', () => {
    const tool = schemas({ properties: { text: { type: 'string', pattern: '^(a+)+$' } } });
    expect(tool.inputFaults('tool', { text: 'aaaa' })).toEqual([]);
    expect(tool.inputFaults('tool', { text: `${'a'.repeat(50_000)}!` })).toEqual([
      '/text: must match pattern "^(a+)+$"',
    ]);
  });

  it('keep patterns apart', () => {
    const tool = schemas({
      properties: { a: { pattern: '^a$' }, b: { pattern: '^b$' } },
      patternProperties: { '^x': { type: 'number' } },
    });
    expect(tool.inputFaults('tool', { a: 'a', b: 'b', x1: 1 })).toEqual([]);
    expect(tool.inputFaults('tool', { a: 'b', b: 'a', x1: 'one' })).toHaveLength(3);
  });

  it('do not compile with a pattern that RE2 does not know', () => {
    expect(refusal({ properties: { text: { pattern: '(?=a)b' } } })[0]?.path).toBe('$.tools[0].inputSchema');
  });

  it('do not take what every object inherits for an argument', () => {
    const tool = schemas({ properties: { constructor: { type: 'string' } }, additionalProperties: false });
    expect(tool.inputFaults('tool', {})).toEqual([]);
    expect(schemas({ required: ['constructor'] }).inputFaults('tool', {})).toEqual(['/constructor: is required']);
  });

  it('have no unbounded uniqueItems, wherever it stands', () => {
    const list = { type: 'array', uniqueItems: true };
    expect(refusal({ properties: { names: list } })).toEqual([
      {
        path: '$.tools[0].inputSchema.properties.names.uniqueItems',
        message: 'needs maxItems of at most 1000 beside it',
      },
    ]);
    expect(refusal({ properties: { names: { ...list, maxItems: 1000 } } })).toEqual([]);
  });
});
