import { setTimeout as sleep } from 'node:timers/promises';
import type { McpServer, ServerContext } from '@modelcontextprotocol/server';
import { textResult } from './everything-content';

type Request = ServerContext['mcpReq'];

/** Long enough for a client to see one message before the next. */
const STEP_MS = 50;

/** Tools that send something before their result, or end their stream before it. */
export function registerStreams(server: McpServer): void {
  server.registerTool('test_tool_with_logging', { description: 'Logs three times.' }, async ({ mcpReq }) => {
    await mcpReq.log('info', 'Tool execution started');
    await step(mcpReq);
    await mcpReq.log('info', 'Tool processing data');
    await step(mcpReq);
    await mcpReq.log('info', 'Tool execution completed');
    return textResult('It has logged.');
  });
  server.registerTool('test_logging_tool', { description: 'Logs once.' }, async ({ mcpReq }) => {
    await mcpReq.log('info', 'Tool execution started');
    return textResult('It has logged.');
  });
  server.registerTool('test_tool_with_progress', { description: 'Reports progress.' }, async ({ mcpReq }) => {
    await reportProgress(mcpReq, 0);
    await step(mcpReq);
    await reportProgress(mcpReq, 50);
    await step(mcpReq);
    await reportProgress(mcpReq, 100);
    return textResult('It is done.');
  });
  const description = 'Ends its stream before the result, which the client gets when it comes back.';
  server.registerTool('test_reconnection', { description }, async ({ mcpReq, http }) => {
    http?.closeSSE?.();
    await step(mcpReq);
    return textResult('The client has come back.');
  });
}

const step = ({ signal }: Request) => sleep(STEP_MS, undefined, { signal });

/** Says how far the call is, if the client wants to know. */
async function reportProgress({ _meta, notify }: Request, progress: number): Promise<void> {
  const progressToken = _meta?.progressToken;
  if (progressToken === undefined) return;
  await notify({ method: 'notifications/progress', params: { progressToken, progress, total: 100 } });
}
