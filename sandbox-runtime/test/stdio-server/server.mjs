// A stdio MCP server, made with the official SDK, that behaves as its callers ask.
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Server } from '@modelcontextprotocol/server';
import { StdioServerTransport } from '@modelcontextprotocol/server/stdio';

const [folder] = process.argv.slice(2);
const note = (line) => appendFileSync(path.join(folder, 'notes'), `${line}\n`);
const { tools, ...behaviour } = JSON.parse(readFileSync(path.join(folder, 'server.json'), 'utf8'));
note(`started ${process.pid}`);
if (behaviour.exits) process.exit(3);
process.stdout.write('a server that is not quiet\n');
process.stderr.write('x'.repeat(300_000));

const text = (value) => ({ content: [{ type: 'text', text: value }] });
const released = async (name) => {
  while (!existsSync(path.join(folder, name))) await sleep(5);
};
const BEHAVIOUR = {
  echo: ({ text: said }) => text(said),
  add: ({ a, b }) => ({ ...text(String(a + b)), structuredContent: { sum: behaviour.wrong ? 'many' : a + b } }),
  environment: () => text(JSON.stringify({ ...process.env, cwd: process.cwd() })),
  hold: async ({ until, said }, { mcpReq: { signal } }) => {
    note(`held ${said}`);
    signal.addEventListener('abort', () => note(`cancelled ${said}`));
    await released(until);
    return text(said);
  },
  count: async ({ said }, { mcpReq: { _meta, notify } }) => {
    for (const progress of [1, 2]) {
      const params = { progressToken: _meta?.progressToken, progress, total: 2, message: said };
      if (_meta?.progressToken !== undefined) await notify({ method: 'notifications/progress', params });
      await sleep(5);
    }
    return text(said);
  },
  large: ({ bytes }) => text('x'.repeat(bytes)),
  refuse: () => {
    throw new Error('no such thing');
  },
  fail: () => ({ ...text('it went wrong'), isError: true }),
  end: () => process.exit(7),
  eat: async () => {
    for (const all = []; ; await sleep(5)) all.push(Buffer.alloc(16 * 1024 * 1024, 1));
  },
  change: async () => {
    tools.push({ name: 'new', description: 'New.', inputSchema: { type: 'object' } });
    await server.notification({ method: 'notifications/tools/list_changed' });
    return text('changed');
  },
};

const server = new Server({ name: 'fixture', version: '1' }, { capabilities: { tools: { listChanged: true } } });
server.setRequestHandler('tools/list', ({ params }) => {
  const page = Number(params?.cursor ?? 0);
  return page + 1 < tools.length ? { tools: [tools[page]], nextCursor: String(page + 1) } : { tools: [tools[page]] };
});
server.setRequestHandler('tools/call', ({ params }, context) => BEHAVIOUR[params.name](params.arguments, context));
await server.connect(new StdioServerTransport());
