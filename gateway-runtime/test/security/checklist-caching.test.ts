import type { IncomingHttpHeaders } from 'node:http';
import type { Client } from '@modelcontextprotocol/client';
import { decodeJwt } from 'jose';
import { answerJson, cleanUp, startServer } from '../fixture';
import { connectTo, serverOf, textOf } from '../mcp-server-fixture';
import { messageOf, post } from '../toolset-fixture';
import { ALICE, BOB, by, startPlatform, type Platform } from './platform';

let platform: Platform;
/** How often the server was asked, by method and user. */
const asked: string[] = [];

interface Message {
  readonly id: unknown;
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
}

const userOf = ({ authorization = '' }: IncomingHttpHeaders) => String(decodeJwt(authorization.slice(7)).sub);

/** What a server answers that knows its users, and has something of its own for each of them. */
function answer({ method, params }: Message, user: string): object {
  const forUser = { resultType: 'complete', ttlMs: 60_000, cacheScope: 'private' };
  switch (method) {
    case 'server/discover':
      return {
        ...forUser,
        supportedVersions: ['2026-07-28'],
        capabilities: { tools: {}, resources: {} },
        instructions: `for ${user}`,
      };
    case 'tools/list':
      return { ...forUser, tools: [{ name: `tool-of-${user}`, inputSchema: { type: 'object' } }] };
    case 'resources/read':
      if (params.uri === 'note:asks' && params.inputResponses === undefined) {
        return { resultType: 'input_required', inputRequests: { a: { method: 'elicitation/create', params: {} } } };
      }
      return {
        ...forUser,
        cacheScope: params.uri === 'note:public' ? 'public' : 'private',
        contents: [{ uri: params.uri, text: `${user}: ${JSON.stringify(params.inputResponses)}` }],
      };
    default:
      return { resultType: 'complete', content: [{ type: 'text', text: user }] };
  }
}

beforeAll(async () => {
  const server = await startServer((request, response, body) => {
    const message = JSON.parse(body) as Message;
    const user = userOf(request.headers);
    asked.push(`${message.method} ${user}`);
    answerJson(response, 200, { jsonrpc: '2.0', id: message.id, result: answer(message, user) });
  });
  const url = `http://${server.address}/mcp`;
  const credentials = { by: 'user-claim' as const, audience: 'https://notes.example.com' };
  platform = await startPlatform({
    document: () => ({
      toolsets: [],
      mcpServers: [
        serverOf('notes', url, { credentials, tools: [{ name: 'tool-of-nobody', allowedRoles: ['admin'] }] }),
        serverOf('vault', url, { credentials, resources: ['admin'] }),
      ],
    }),
  });
});

afterAll(cleanUp);

const read = async (uri: string, who: typeof ALICE, path: string, params: object = {}) => {
  const headers = { ...by(who), 'mcp-name': uri };
  return messageOf(await post(platform.gateway, 'modern', 'resources/read', { uri, ...params }, headers, path));
};

describe('security checklist, caching', () => {
  it('9. what a server says to one user is kept for no other one', async () => {
    const users = [
      ['alice', 'bob', ALICE],
      ['bob', 'alice', BOB],
    ] as const;
    const clients = new Map<string, Client>();
    for (const [user, , key] of users) {
      const { client } = await connectTo(platform.gateway.url, {
        era: 'modern',
        headers: by(key),
        path: '/mcp/notes',
      });
      clients.set(user, client);
      expect(client.getInstructions()).toBe(`for ${user}`);
      expect((await client.listTools()).tools.map(({ name }) => name)).toEqual([`tool-of-${user}`]);
    }
    // A name is looked up before it is called, and it is there for its own user alone, whoever has listed last.
    for (const [user, other] of users) {
      const call = (name: string) => clients.get(user)!.callTool({ name, arguments: {} });
      expect(textOf(await call(`tool-of-${user}`))).toBe(user);
      await expect(call(`tool-of-${other}`)).rejects.toMatchObject({ code: -32602 });
    }
  });

  it('9. results are marked as private for whoever is behind, unless they are everybody’s', async () => {
    const scopeOf = async (...request: Parameters<typeof read>) =>
      ((await read(...request)).result as { cacheScope: string }).cacheScope;
    expect(await scopeOf('note:mine', ALICE, '/mcp/notes')).toBe('private');
    expect(await scopeOf('note:public', BOB, '/mcp/notes')).toBe('public');
    // Not everybody may read here, whatever the server says of it.
    expect(await scopeOf('note:public', ALICE, '/mcp/vault')).toBe('private');
    expect(await read('note:public', BOB, '/mcp/vault')).toMatchObject({ error: { code: -32602 } });
    const lists = ['/mcp', '/mcp/notes'].map(async (path) =>
      messageOf(await post(platform.gateway, 'modern', 'tools/list', {}, by(ALICE), path)),
    );
    for (const { result } of await Promise.all(lists)) expect(result).toMatchObject({ cacheScope: 'private' });
  });

  it('9. no result is kept, and least of all one of a request with inputResponses or requestState', async () => {
    const before = asked.length;
    const reads = ['once', 'twice'].map((text) => ({ inputResponses: { a: { action: 'accept', content: { text } } } }));
    for (const params of reads) {
      const message = await read('note:asks', ALICE, '/mcp/notes', params);
      expect(JSON.stringify(message)).toContain(JSON.stringify(JSON.stringify(params.inputResponses)).slice(1, -1));
    }
    expect(await read('note:asks', ALICE, '/mcp/notes', { requestState: 'theirs' })).toMatchObject({
      result: { resultType: 'input_required' },
    });
    for (let i = 0; i < 3; i += 1) await read('note:mine', ALICE, '/mcp/notes');
    expect(asked.slice(before).filter((line) => line === 'resources/read alice')).toHaveLength(6);
  });
});
