import { agent, byAgent, cleanUp, documentOf, startServer, startTestGateway, type TestGateway } from './fixture';
import { messageOf, post, toolset } from './toolset-fixture';

afterEach(cleanUp);

/** Around the lengths at which an answer is read and kept in another way. */
const LENGTHS = [100, 4_000, 4_200, 16_300, 30_000, 66_000, 130_900, 131_200, 400_000];

/** Which text a caller is to get: each one another. */
const textOf = (number: number): string =>
  `${number} "quoted" \u{1f600}`.repeat(Math.ceil((LENGTHS[number % LENGTHS.length] ?? 0) / 20));

/** What comes of this many at the same time, each of which asks for its own text. */
async function each<T>(count: number, ask: (number: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: count }, (_, number) => ask(number)));
}

/** Says that it has the answer, and leaves without reading it. */
async function leave(gateway: TestGateway, path: string, body: object): Promise<void> {
  const leaving = new AbortController();
  const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  await fetch(`${gateway.url}${path}`, { ...init, signal: leaving.signal });
  leaving.abort();
}

describe('of many answers at a time each reaches who has asked', () => {
  it('an agent', async () => {
    const server = await startServer((_request, response, body) => {
      const { input } = JSON.parse(body) as { input: string };
      const json = JSON.stringify({ output: textOf(Number(input)), usage: { inputTokens: 1, outputTokens: 1 } });
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(json) });
      // In two parts, so that those of several answers come one between the other.
      response.write(json.slice(0, json.length / 2));
      setImmediate(() => response.end(json.slice(json.length / 2)));
    });
    const gateway = await startTestGateway({
      document: documentOf({ agents: [agent('support')], routes: [byAgent('support')] }),
      hosts: { 'support-pods:8080': [server.address] },
    });
    const body = (number: number): object => ({ agent: 'support', input: String(number) });
    for (let round = 0; round < 3; round += 1) {
      const outputs = await each(90, async (number) => {
        if (number % 7 === 0) await leave(gateway, '/v1/invoke', body(number));
        const init = { method: 'POST', headers: { 'content-type': 'application/json' } };
        const answer = await fetch(`${gateway.url}/v1/invoke`, { ...init, body: JSON.stringify(body(number)) });
        return ((await answer.json()) as { output: string }).output;
      });
      expect(outputs.findIndex((output, number) => output !== textOf(number))).toBe(-1);
    }
  });

  it('a tool, in both eras', async () => {
    const server = await startServer((_request, response, body) => {
      const { id, params } = JSON.parse(body) as { id: unknown; params: { arguments: { number: number } } };
      const result = { resultType: 'complete', content: [{ type: 'text', text: textOf(params.arguments.number) }] };
      const json = JSON.stringify({ jsonrpc: '2.0', id, result });
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(json) });
      response.end(json);
    });
    const gateway = await startTestGateway({
      document: documentOf({ toolsets: [toolset('texts', ['text'])] }),
      hosts: { 'texts-pods:8080': [server.address] },
    });
    for (const era of ['modern', 'legacy', 'modern'] as const) {
      const messages = await each(90, async (number) =>
        messageOf(await post(gateway, era, 'tools/call', { name: 'text', arguments: { number } }, {}, '/mcp', number)),
      );
      const texts = messages.map(({ result }) => (result as { content: { text: string }[] }).content[0]?.text);
      expect(texts.findIndex((text, number) => text !== textOf(number))).toBe(-1);
      expect(messages.map(({ id }) => id)).toEqual(messages.map((_, number) => number));
    }
  });
});
