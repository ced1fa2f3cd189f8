import { randomUUID } from 'node:crypto';
import { request } from 'node:http';
import { SandboxFixture, textOf } from './sandbox-fixture.js';

const MODULE = `
export async function greet({ name }) { return 'Hello ' + name; }
export async function add({ a, b }) { return { sum: a + b }; }
export async function picture() { return { content: [{ type: 'image', data: 'AA==', mimeType: 'image/png' }] }; }
`;

const number = { type: 'number' } as const;

const TOOLS = [
  {
    name: 'greet',
    module: 'words.mjs',
    title: 'Greeting',
    description: 'Greets.',
    inputSchema: {
      type: 'object' as const,
      properties: {
        name: { type: 'string', minLength: 1 },
        tone: { enum: ['kind', 'formal'] },
        at: { type: 'string', format: 'date-time' },
      },
      required: ['name'],
      additionalProperties: false,
    },
    annotations: { readOnlyHint: true },
  },
  {
    name: 'add',
    module: 'words.mjs',
    description: 'Adds.',
    inputSchema: { type: 'object' as const, properties: { a: number, b: number }, required: ['a', 'b'] },
    outputSchema: { type: 'object' as const, properties: { sum: number }, required: ['sum'] },
  },
  { name: 'picture', module: 'words.mjs' },
];

describe('a sandbox over MCP', () => {
  let sandbox: SandboxFixture;

  beforeAll(async () => {
    sandbox = await SandboxFixture.create();
    await sandbox.write({ modules: { 'words.mjs': MODULE }, tools: TOOLS }, { maxBodyBytes: 20_000 });
    expect(await sandbox.start()).toEqual({ ready: true, reasons: [] });
  });

  afterAll(() => sandbox.close());

  const post = async (body: string, headers: Record<string, string> = {}) =>
    fetch(`${sandbox.address}/mcp`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        ...(await sandbox.headers()),
        ...headers,
      },
      body,
    });

  it('lists exactly what is declared, without what is only its own business', async () => {
    const { tools } = await (await sandbox.connect()).listTools();
    expect(tools).toEqual(
      TOOLS.map((tool) => ({ description: 'A tool.', inputSchema: { type: 'object' }, ...tool, module: undefined })),
    );
  });

  it('returns text for a string', async () => {
    const result = await (await sandbox.connect()).callTool({ name: 'greet', arguments: { name: 'Ada' } });
    expect(result.content).toEqual([{ type: 'text', text: 'Hello Ada' }]);
    expect(result.isError).toBeUndefined();
  });

  it('returns structured content and its JSON text for an object', async () => {
    const result = await (await sandbox.connect()).callTool({ name: 'add', arguments: { a: 2, b: 3 } });
    expect(result.structuredContent).toEqual({ sum: 5 });
    expect(textOf(result)).toBe('{"sum":5}');
  });

  it('passes an MCP result on as it is', async () => {
    const result = await (await sandbox.connect()).callTool({ name: 'picture', arguments: {} });
    expect(result.content).toEqual([{ type: 'image', data: 'AA==', mimeType: 'image/png' }]);
  });

  it('serves the stateless revision 2026-07-28 too', async () => {
    const version = '2026-07-28';
    const meta = {
      'io.modelcontextprotocol/protocolVersion': version,
      'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
      'io.modelcontextprotocol/clientCapabilities': {},
    };
    const params = { name: 'greet', arguments: { name: 'Bo' }, _meta: meta };
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params });
    const headers = { 'mcp-protocol-version': version, 'mcp-method': 'tools/call', 'mcp-name': 'greet' };
    const response = await post(body, headers);
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ id: 1, result: { content: [{ type: 'text', text: 'Hello Bo' }] } });
  });

  it('lists every fault of the arguments by JSON pointer', async () => {
    const client = await sandbox.connect();
    const result = await client.callTool({ name: 'greet', arguments: { tone: 'rude', at: 'noon', 'x/y': 1 } });
    expect(result.isError).toBe(true);
    expect(textOf(result).split('\n').slice(1).sort()).toEqual([
      '/at: must match format "date-time"',
      '/name: is required',
      '/tone: must be one of ["kind","formal"]',
      '/x~1y: is not known',
    ]);
  });

  it('answers an unknown tool with a protocol error', async () => {
    const client = await sandbox.connect();
    await expect(client.callTool({ name: 'nothing', arguments: {} })).rejects.toMatchObject({ code: -32602 });
  });

  it.each(['https://example.com', 'http://localhost.example.com', 'null'])('refuses the origin %s', async (origin) => {
    const response = await post('{}', { origin });
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ code: 'origin-refused' });
  });

  it('accepts a loopback origin', async () => {
    const list = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' });
    expect((await post(list, { origin: 'http://localhost:3000' })).status).toBe(200);
  });

  it('refuses a body above the limit, also one without a declared length', async () => {
    const response = await post(JSON.stringify({ filler: 'x'.repeat(20_000) }));
    expect(response.status).toBe(413);
    const headers = await sandbox.headers();
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const chunked = request(`${sandbox.address}/mcp`, { method: 'POST', headers }, (answer) =>
        resolve(answer.statusCode),
      );
      chunked.on('error', reject);
      chunked.setHeader('transfer-encoding', 'chunked');
      chunked.write('x'.repeat(20_001));
      chunked.end();
    });
    expect(status).toBe(413);
  });

  it.each(['GET', 'DELETE', 'PUT'])('answers %s with 405', async (method) => {
    const headers = await sandbox.headers();
    expect((await fetch(`${sandbox.address}/mcp`, { method, headers })).status).toBe(405);
  });

  it('returns the request id of the caller', async () => {
    const id = randomUUID();
    expect((await post('{}', { 'x-request-id': id })).headers.get('x-request-id')).toBe(id);
  });
});
