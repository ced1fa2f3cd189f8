import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createLogger, DocumentFile, Health, HttpServer, Metrics, type LocalOverlay } from '@agentyard/runtime-kit';
import { agentDocument, parseDocument, type AgentDocumentInput } from 'agentyard/contract';
import { startAgent as startRuntime } from '../../agent-runtime/src/index';
import { documentOf as agentDocumentOf, IDENTITY_MOUNT } from '../../agent-runtime/test/running-agent';
import { ENVIRONMENT } from '../../agent-runtime/test/wire-formats';
import { audienceOf, subjectOf } from '../../runtime-kit/test/identity-fixture';
import { onCleanUp, temporaryDirectory } from '../../runtime-kit/test/test-resources';
import { testIdentity } from './identity-files';

/** One pod of an agent: the agent's own runtime, which takes calls from the gateway of the test. */
export interface AgentPod {
  readonly address: string;
  readonly logs: Readonly<Record<string, unknown>>[];
}

export async function startAgentPod(
  name: string,
  model: AgentDocumentInput['model'],
  more: Partial<AgentDocumentInput> = {},
): Promise<AgentPod> {
  const { trustBundleDirectory } = await testIdentity();
  const hostsFile = path.join(await temporaryDirectory(), 'hosts.json');
  await writeFile(hostsFile, '{}');
  const overlay: LocalOverlay = {
    listen: { host: '127.0.0.1', port: 0 },
    mounts: { [IDENTITY_MOUNT]: path.dirname(trustBundleDirectory) },
    hostsFile,
  };
  const identity = {
    audience: audienceOf(name),
    subject: subjectOf(name),
    trustBundleDirectory: `${IDENTITY_MOUNT}/trust`,
    callers: [{ name: 'gateway', subject: subjectOf('gateway'), claimIssuers: [audienceOf('gateway')] }],
  };
  const written = JSON.stringify({ ...agentDocumentOf({ model, identity }), name, ...more });
  const document = parseDocument(agentDocument, written);
  const logs: Record<string, unknown>[] = [];
  const log = createLogger(
    { component: 'agent', name, namespace: 'tests' },
    { write: (line: string) => void logs.push(JSON.parse(line) as Record<string, unknown>) },
  );
  const health = new Health();
  const documentFile = new DocumentFile(agentDocument, overlay);
  const parts = await startRuntime(
    { document, documentFile, health, log, overlay, metrics: new Metrics() },
    ENVIRONMENT,
  );
  const server = new HttpServer({ ...overlay.listen, routes: parts.routes, health, log });
  const port = await server.listen();
  onCleanUp(async () => {
    await server.close(0);
    await parts.close?.();
  });
  return { address: `127.0.0.1:${port}`, logs };
}
