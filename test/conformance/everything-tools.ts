import { fromJsonSchema, type CallToolResult, type ContentBlock, type McpServer } from '@modelcontextprotocol/server';
import { AUDIO, IMAGE, text, textResult } from './everything-content';

const CONTENTS: Readonly<Record<string, readonly ContentBlock[]>> = {
  test_simple_text: [text('This is a simple text response for testing.')],
  test_image_content: [IMAGE],
  test_audio_content: [AUDIO],
  test_embedded_resource: [embedded('test://embedded-resource', 'text/plain', 'This is an embedded resource content.')],
  test_multiple_content_types: [
    text('Multiple content types test:'),
    IMAGE,
    embedded('test://mixed-content-resource', 'application/json', '{"test":"data","value":123}'),
  ],
};

/** Keywords of JSON Schema 2020-12 that a list has to keep. */
const SCHEMA_2020_12 = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  $defs: {
    address: {
      $anchor: 'addressDef',
      type: 'object',
      properties: { street: { type: 'string' }, city: { type: 'string' } },
    },
  },
  properties: {
    name: { type: 'string' },
    address: { $ref: '#/$defs/address' },
    contactMethod: { type: 'string', enum: ['phone', 'email'] },
    phone: { type: 'string' },
    email: { type: 'string' },
  },
  allOf: [{ anyOf: [{ required: ['phone'] }, { required: ['email'] }] }],
  if: { properties: { contactMethod: { const: 'phone' } }, required: ['contactMethod'] },
  then: { required: ['phone'] },
  else: { required: ['email'] },
  additionalProperties: false,
};

/** A parameter that clients of 2026-07-28 repeat in the header `Mcp-Param-Region`. */
const SCHEMA_WITH_HEADER = {
  type: 'object',
  properties: { region: { type: 'string', description: 'Where to look.', 'x-mcp-header': 'Region' } },
  required: ['region'],
};

/** Tools that answer at once. */
export function registerTools(server: McpServer): void {
  for (const [name, content] of Object.entries(CONTENTS)) {
    const result: CallToolResult = { content: [...content] };
    server.registerTool(name, { description: `Returns what its name says (${name}).` }, () => result);
  }
  server.registerTool('test_error_handling', { description: 'Always fails.' }, () => {
    throw new Error('This tool intentionally returns an error for testing');
  });
  server.registerTool(
    'json_schema_2020_12_tool',
    { description: 'Tool with JSON Schema 2020-12 features', inputSchema: fromJsonSchema(SCHEMA_2020_12) },
    (input) => textResult(JSON.stringify(input)),
  );
  server.registerTool(
    'test_header_parameter',
    { description: 'Returns its region.', inputSchema: fromJsonSchema<{ region: string }>(SCHEMA_WITH_HEADER) },
    ({ region }) => textResult(region),
  );
}

function embedded(uri: string, mimeType: string, content: string): ContentBlock {
  return { type: 'resource', resource: { uri, mimeType, text: content } };
}
