import { HostPaths } from '../src/host-paths.js';
import { serverResultOf, toolResultOf } from '../src/tool-result.js';
import { ToolSchemas } from '../src/tool-schemas.js';

const declaration = {
  description: 'A tool.',
  allowedRoles: '*' as const,
  module: 'm.mjs',
  sha256: '0'.repeat(64),
  inputSchema: { type: 'object' as const },
};
const outputSchema = {
  type: 'object' as const,
  properties: { n: { type: 'number' } },
  required: ['n'],
  additionalProperties: false,
};
const schemas = new ToolSchemas([
  { ...declaration, name: 'free' },
  { ...declaration, name: 'strict', outputSchema },
]);
const content = [{ type: 'text', text: 'see' }];

describe('the result of a tool that a server has', () => {
  it('is what members results have, and no other', () => {
    const answer = { content, resultType: 'complete', secret: 1 };
    expect(serverResultOf(schemas, 'free', answer)).toEqual({ content });
  });

  it.each([undefined, 'text', [], {}, { content: 'text' }, { content: [{ type: 'film' }] }])(
    'is none: %j',
    (answer) => {
      expect(serverResultOf(schemas, 'free', answer)).toEqual({
        content: [{ type: 'text', text: 'The server returned no result of MCP.' }],
        isError: true,
      });
    },
  );

  it('has what it declares', () => {
    const wrong = { content, structuredContent: { n: 'one' } };
    expect(serverResultOf(schemas, 'strict', wrong)).toMatchObject({ isError: true });
    expect(serverResultOf(schemas, 'strict', { content })).toMatchObject({ isError: true });
    expect(serverResultOf(schemas, 'strict', { content, isError: true })).toEqual({ content, isError: true });
  });
});

describe('the result of a tool', () => {
  it('is the MCP result that it returned, if that fits what it declares', () => {
    const result = { content, structuredContent: { n: 1 } };
    expect(toolResultOf(schemas, 'free', 'object', { content })).toEqual({ content });
    expect(toolResultOf(schemas, 'strict', 'object', result)).toEqual(result);
  });

  it.each([
    ['has no structured content', { content }, /no structuredContent/],
    [
      'has another one',
      { content, structuredContent: { n: '1' } },
      /does not fit its output schema:\n\/n: must be number/,
    ],
  ])('is an error when an MCP result %s', (_, value, text) => {
    const result = toolResultOf(schemas, 'strict', 'object', value);
    expect(result).toMatchObject({ isError: true, content: [{ text: expect.stringMatching(text) }] });
  });

  it('may be an error of the tool itself, which need not fit', () => {
    const value = { content, isError: true };
    expect(toolResultOf(schemas, 'strict', 'object', value)).toEqual(value);
  });

  it('is structured content when "content" is only a member of it', () => {
    const value = { content: [{ name: 'a' }], total: 1 };
    expect(toolResultOf(schemas, 'free', 'object', value)).toMatchObject({ structuredContent: value });
  });
});

describe('a message of a tool', () => {
  const paths = new HostPaths({ '/srv/tools': '<tools>', '/srv/data/logs': '<data:logs>', '/srv/data': '<data:all>' });

  it.each([
    ["ENOENT: no such file, open '/srv/data/logs/a.log'", "ENOENT: no such file, open '<data:logs>/a.log'"],
    ['in /srv/data/x and /tmp/call-1/y', 'in <data:all>/x and <scratch>/y'],
    ['at file:///usr/lib/node.js:3', 'at file://<path>:3'],
    ['/etc is a secret', '<path> is a secret'],
    [
      'GET /orders/17 failed, and/or https://example.com/etc/x',
      'GET /orders/17 failed, and/or https://example.com/etc/x',
    ],
  ])('is freed of the paths of the machine: %s', (text, expected) => {
    expect(paths.scrub(text, '/tmp/call-1')).toBe(expected);
  });
});
