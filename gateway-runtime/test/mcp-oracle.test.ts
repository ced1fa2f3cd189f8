import { createMcpHandler, ProtocolError, ProtocolErrorCode, Server } from '@modelcontextprotocol/server';
import fc from 'fast-check';
import { cleanUp, documentOf, startTestGateway, type TestGateway } from './fixture';

const SEED = 20_261_126;
const RUNS = 600;

/** All that may come out: else the messages would not be odd enough, or too odd. */
const OUTCOMES = [
  '200 -32601',
  '200 -32602',
  '200 no error',
  '202 no error',
  '400 -32000',
  '400 -32020',
  '400 -32022',
  '400 -32600',
  '400 -32602',
  '404 -32601',
];

jest.setTimeout(300_000);

const META = 'io.modelcontextprotocol';
const REVISIONS = ['2026-07-28', '2027-01-01', '2025-11-25', '2025-06-18', '2025-03-26', '1999-01-01', ''];
const METHODS = [
  'tools/list',
  'tools/call',
  'ping',
  'server/discover',
  'notifications/cancelled',
  'prompts/get',
  '',
  'x',
];
// The SDK takes characters that have to be encoded; the specification does not.
const NAMES = ['a', '=?base64?w6Q=?=', '=?base64?%?=', ' a '];

/** Usually the first of them. */
const mostly = <T>(value: T, ...others: readonly T[]) =>
  fc.oneof({ weight: 4, arbitrary: fc.constant(value) }, { weight: 1, arbitrary: fc.constantFrom(...others) });

const odd = fc.constantFrom<unknown>(null, 0, 'text', [], {});
/** Usually from the first, rarely from the second. */
const rarely = <T>(usual: fc.Arbitrary<T>, other: fc.Arbitrary<T>, weight = 8) =>
  fc.oneof({ weight, arbitrary: usual }, { weight: 1, arbitrary: other });
const meta = rarely<unknown>(
  fc.record(
    {
      [`${META}/protocolVersion`]: rarely<unknown>(mostly('2026-07-28', ...REVISIONS), odd),
      [`${META}/clientCapabilities`]: mostly<unknown>({}, null, 'text', []),
      [`${META}/clientInfo`]: mostly<unknown>({ name: 'test', version: '1' }, {}, null, 'text'),
    },
    { requiredKeys: [] },
  ),
  odd,
);
const params = rarely<unknown>(
  fc.record({ _meta: meta, name: mostly<unknown>('a', 'ä', 1) }, { requiredKeys: [] }),
  odd,
);
const head = {
  jsonrpc: mostly<unknown>('2.0', '2.0', '2.0', '1.0', 2),
  method: rarely<unknown>(fc.constantFrom(...METHODS), odd),
};
const request = fc.record(
  { ...head, id: mostly<unknown>(7, 'seven', null, 1.5, {}, '', -1), params },
  { requiredKeys: ['jsonrpc', 'id', 'method'] },
);
const notification = fc.record({ ...head, params }, { requiredKeys: ['jsonrpc', 'method'] });
/** Answers, and what has members of several kinds of messages. */
const other = fc.record(
  {
    ...head,
    id: mostly<unknown>(7, 'seven', null),
    params,
    result: mostly<unknown>({}, null, 'text'),
    error: fc.constantFrom<unknown>({ code: 1, message: 'm' }, { code: 'x' }, null),
  },
  { requiredKeys: ['jsonrpc'] },
);
const message = fc.oneof(
  { weight: 6, arbitrary: request },
  { weight: 2, arbitrary: notification },
  { weight: 1, arbitrary: other },
);
const headers = fc.record(
  {
    'mcp-protocol-version': fc.constantFrom(...REVISIONS.slice(0, -1)),
    'mcp-method': fc.constantFrom(...METHODS.filter((method) => method !== '')),
    'mcp-name': fc.constantFrom(...NAMES),
  },
  { requiredKeys: [] },
);
/** With headers that repeat the body, as they should, and with any. */
const call = fc
  .tuple(message, headers, fc.boolean())
  .map(([body, any, isRight]) => ({ body, headers: isRight ? mirrored(body) : any }));

interface Body {
  readonly method?: unknown;
  readonly params?: unknown;
}

function mirrored({ method, params: given }: Body): Record<string, string> {
  const { _meta, name } = (given ?? {}) as { _meta?: Record<string, unknown> | null; name?: unknown };
  const revision = _meta?.[`${META}/protocolVersion`];
  return {
    ...(typeof revision === 'string' && revision !== '' && { 'mcp-protocol-version': revision }),
    ...(typeof method === 'string' && method !== '' && { 'mcp-method': method }),
    ...(name === 'a' && { 'mcp-name': name }),
  };
}

/** The SDK's own server, which has no tool either. */
const oracle = createMcpHandler(() => {
  const server = new Server({ name: 'gateway', version: '1' }, { capabilities: { tools: {} } });
  server.setRequestHandler('tools/list', () => ({ tools: [] }));
  server.setRequestHandler('tools/call', () => {
    throw new ProtocolError(ProtocolErrorCode.InvalidParams, 'unknown tool');
  });
  return server;
});

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway({ document: documentOf() });
});

afterAll(async () => {
  await oracle.close();
  await cleanUp();
});

/** Status, and the code of the error if it is one. */
async function outcome(answer: Response): Promise<string> {
  const text = await answer.text();
  const json = /^data: (.*)$/m.exec(text)?.[1] ?? text;
  const { error } = (json === '' ? {} : JSON.parse(json)) as { error?: { code: number } };
  return `${answer.status} ${error?.code ?? 'no error'}`;
}

it('answers every message with the status and the code of the SDK’s own server', async () => {
  const seen = new Set<string>();
  await fc.assert(
    fc.asyncProperty(call, async ({ body, headers: named }) => {
      const init = {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...named },
        body: JSON.stringify(body),
      };
      const [ours, theirs] = await Promise.all([
        fetch(`${gateway.url}/mcp`, init).then(outcome),
        oracle.fetch(new Request('http://localhost/mcp', init)).then(outcome),
      ]);
      expect(ours).toBe(theirs);
      seen.add(ours);
    }),
    { seed: Number(process.env.SEED ?? SEED), numRuns: RUNS * Number(process.env.TIMES ?? 1) },
  );
  expect([...seen].sort()).toEqual(OUTCOMES);
});
