import { cleanUp, documentOf, startServer, startTestGateway } from './fixture';
import { messageOf, post, toolset } from './toolset-fixture';

afterEach(cleanUp);

/** An address for documentation, which nothing has (RFC 5737). */
const NOWHERE = '192.0.2.1';

it('reaches pods by no proxy, whatever the environment names for the outside', async () => {
  const proxy = await startServer((_request, response) => void response.writeHead(200).end('{}'));
  const before = process.env.HTTP_PROXY;
  process.env.HTTP_PROXY = `http://${proxy.address}`;
  try {
    const gateway = await startTestGateway({
      document: documentOf({ toolsets: [toolset('logs', ['echo'], { timeoutMs: 500 })] }),
      cluster: true,
      sources: { lookup: () => Promise.resolve([{ address: NOWHERE, family: 4 }]) },
    });
    const answer = await post(gateway, 'modern', 'tools/call', { name: 'echo', arguments: {} });
    expect(await messageOf(answer)).toMatchObject({ result: { isError: true } });
    expect(proxy.requests).toEqual([]);
  } finally {
    if (before === undefined) delete process.env.HTTP_PROXY;
    else process.env.HTTP_PROXY = before;
  }
});
