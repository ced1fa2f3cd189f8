import { cleanUp, documentOf, startTestGateway } from './fixture';
import { serverOf, startForeign } from './mcp-server-fixture';
import { messageOf, post, type Era } from './toolset-fixture';

afterEach(cleanUp);

it.each<Era>(['modern', 'legacy'])('sends a server of others no header that is for our own parts: %s', async (era) => {
  const server = await startForeign('docs', era, (mcp) => {
    mcp.registerTool('x', {}, () => ({ content: [{ type: 'text', text: 'x' }] }));
  });
  const gateway = await startTestGateway({
    document: documentOf({ mcpServers: [serverOf('docs', server.url, { otherTools: '*' })] }),
  });
  const answer = await messageOf(await post(gateway, 'modern', 'tools/call', { name: 'x', arguments: {} }));
  expect(answer).toMatchObject({ result: { content: [{ text: 'x' }] } });
  const names = new Set(server.requests.flatMap(({ headers }) => Object.keys(headers)));
  expect([...names].filter((name) => name.startsWith('agentyard-'))).toEqual([]);
});
