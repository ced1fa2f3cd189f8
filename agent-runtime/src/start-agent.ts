import {
  createDispatcher,
  createFetch,
  LocalHosts,
  localPath,
  ServiceTokens,
  TrustStore,
  type RuntimeContext,
  type RuntimeParts,
  type StoreAccess,
} from '@agentyard/runtime-kit';
import { ArgumentRules, type AgentDocument, type agentDocument } from 'agentyard/contract';
import { A2aHandler } from './a2a-handler.js';
import { agentHandler } from './agent-handler.js';
import { AnswerForm } from './answer-form.js';
import { chatCompletions } from './chat/chat-handler.js';
import { modelRoutes } from './chat/models-handler.js';
import { Door } from './door.js';
import { approvalRoutes } from './approval-routes.js';
import { INVOCATION, RESUMPTION } from './invoke-handler.js';
import { InvokerCheck } from './invoker-check.js';
import { McpHandler } from './mcp/mcp-handler.js';
import { loadModel } from './providers/index.js';
import { Approvals } from './sessions/approvals.js';
import { openStore } from './sessions/open-store.js';
import { Sessions } from './sessions/sessions.js';
import { ToolApprovals } from './sessions/tool-approvals.js';
import { AgentMetrics } from './telemetry/agent-metrics.js';
import { AgentTraces } from './telemetry/agent-traces.js';
import { ToolCatalog } from './tool-catalog.js';
import { ToolsetClient } from './toolset-client.js';

/**
 * Starts the agent of a document: loads its model's provider, and serves `POST /invoke`, `POST /v1/chat/completions`,
 * A2A and MCP.
 * Toolsets are connected at the first request, so an agent starts before its toolsets do. It is ready when it can check
 * who calls it, and can show its toolsets who it is.
 *
 * @throws ContractError if a variable that the document names holds no API key
 */
export async function startAgent(
  { document, health, log, overlay, metrics }: RuntimeContext<typeof agentDocument>,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<RuntimeParts> {
  // The SDK prints warnings of providers otherwise; the loop logs them as JSON lines.
  Object.assign(globalThis, { AI_SDK_LOG_WARNINGS: false });
  const dispatcher = createDispatcher(overlay, environment);
  const fetch = createFetch(dispatcher);
  const model = await loadModel(document.model, { environment, fetch, log });
  const tokens = new ServiceTokens(overlay);
  const trust = await TrustStore.open(localPath(document.identity.trustBundleDirectory, overlay), { log });
  health.addCheck(() => trust.unready());
  health.addCheck(() => tokens.unready(document.toolsets.map(({ serviceToken }) => serviceToken)));
  const toolsets = document.toolsets.map(
    (binding) => new ToolsetClient(binding, fetch, () => tokens.bearer(binding.serviceToken)),
  );
  const agent = {
    document,
    model,
    catalog: new ToolCatalog(toolsets),
    rules: ArgumentRules.of(document),
    form: AnswerForm.of(document),
    metrics: new AgentMetrics(metrics, document),
    approvals: new ToolApprovals(document),
    sessions: await openSessions(document, { overlay, hosts: overlay && new LocalHosts(overlay.hostsFile), log }),
  };
  log.info({ event: 'model-loaded', provider: document.model.provider }, 'model loaded');
  const invokers = new InvokerCheck(trust, document);
  const traces = await AgentTraces.open(document, metrics, log);
  const door = new Door(document, invokers, traces);
  const a2a = new A2aHandler(agent, door, invokers);
  const mcp = new McpHandler(agent, door);
  return {
    routes: {
      '/invoke': { POST: agentHandler(agent, door, INVOCATION) },
      '/resume': { POST: agentHandler(agent, door, RESUMPTION) },
      ...approvalRoutes(document, trust, agent.sessions?.approvals),
      '/v1/chat/completions': { POST: agentHandler(agent, door, chatCompletions(document)) },
      ...modelRoutes(document.name, invokers),
      ...a2a.routes,
      '/mcp': { '*': mcp.answer },
    },
    close: async () => {
      await a2a.close();
      await mcp.close();
      await traces.close();
      trust.close();
      agent.sessions?.close();
      await Promise.all(toolsets.map((toolset) => toolset.close()));
      await dispatcher.destroy();
    },
  };
}

async function openSessions(document: AgentDocument, access: StoreAccess): Promise<Sessions | undefined> {
  const store = await openStore(document, access);
  const { sessions, approvals, name } = document;
  if (store === undefined || sessions === undefined) return undefined;
  return new Sessions(sessions, store, approvals && new Approvals(name, approvals, store, access.log));
}
