import { McpServer, type McpRequestContext } from '@modelcontextprotocol/server';
import { registerChanges, type EverythingChanges } from './everything-changes';
import { registerForms } from './everything-forms';
import { registerInputs, ROUND_STATE } from './everything-inputs';
import { registerPrompts } from './everything-prompts';
import { registerResources } from './everything-resources';
import { registerStreams } from './everything-streams';
import { registerTools } from './everything-tools';

const CAPABILITIES = {
  tools: { listChanged: true },
  prompts: { listChanged: true },
  resources: { listChanged: true, subscribe: true },
  completions: {},
  logging: {},
};

/** What the conformance suites ask a server for: for one session of an earlier revision, or one request of 2026-07-28. */
export function everythingFeatures(era: McpRequestContext['era'], changes: EverythingChanges): McpServer {
  const server = new McpServer(
    { name: 'everything-server', version: '1.0.0' },
    {
      capabilities: CAPABILITIES,
      requestState: { verify: (state, context) => ROUND_STATE.verify(state, context) },
    },
  );
  registerTools(server);
  registerStreams(server);
  registerInputs(server);
  registerForms(server);
  registerPrompts(server);
  registerResources(server);
  const follow = registerChanges(server, changes);
  if (era === 'legacy') followInSession(server, changes, follow);
  return server;
}

/** A session hears of changes as long as it lasts; of resources only of those it has subscribed to. */
function followInSession(
  { server }: McpServer,
  { bus }: EverythingChanges,
  follow: ReturnType<typeof registerChanges>,
): void {
  const subscribed = new Set<string>();
  server.setRequestHandler('resources/subscribe', ({ params: { uri } }) => {
    subscribed.add(uri);
    return {};
  });
  server.setRequestHandler('resources/unsubscribe', ({ params: { uri } }) => {
    subscribed.delete(uri);
    return {};
  });
  server.onclose = bus.subscribe((event) => {
    if (event.kind !== 'resource_updated') follow(event);
    else if (subscribed.has(event.uri)) void server.sendResourceUpdated({ uri: event.uri });
  });
}
