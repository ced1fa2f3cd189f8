import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { localPath, TrustStore, type Logger, type RuntimeContext, type RuntimeParts } from '@agentyard/runtime-kit';
import type { toolsetDocument, ToolsetDocument } from 'agentyard/contract';
import { CodeCheck } from './code-check.js';
import { Confinement } from './confinement.js';
import { environmentIn } from './passed-on.js';
import { ExecuteEndpoint } from './execute-endpoint.js';
import { KernelIsolation } from './kernel-isolation.js';
import { McpEndpoint } from './mcp-endpoint.js';
import { ProcessSampler } from './process-sampler.js';
import { ProcfsTable } from './procfs-table.js';
import { PsTable } from './ps-table.js';
import { findRoots } from './sandbox-roots.js';
import { ScratchFolders, type ScratchFolder } from './scratch-folders.js';
import { ServerRunner } from './server-runner.js';
import { StrayProcesses } from './stray-processes.js';
import { ToolAccess } from './tool-access.js';
import type { ToolCalls } from './tool-calls.js';
import { ToolRunner } from './tool-runner.js';
import { ToolSchemas } from './tool-schemas.js';
import { ToolServer } from './tool-server.js';
import { ToolsetCallers } from './toolset-callers.js';

const ISOLATION_GAUGE = [
  'agentyard_sandbox_isolation_layers',
  'Whether a layer of the kernel confines the processes of tools: 1 or 0.',
  'layer',
] as const;

/** What runs the calls of a sandbox whose tools are in modules. */
export interface SandboxTools {
  readonly runner: ToolRunner;
  readonly code: CodeCheck;
  readonly isolation: KernelIsolation;
}

/** What a sandbox's tools need of its runtime. */
type ToolsContext = Pick<RuntimeContext<typeof toolsetDocument>, 'document' | 'log' | 'overlay' | 'metrics'>;

/**
 * Makes what runs the tools of a document that has modules. None is run before `code` has been run and has found no problem.
 *
 * @param childProgram path of the bundled program of a call's process
 * @throws ContractError for a schema that does not compile, a path or a variable that cannot be used
 */
export async function sandboxTools(context: ToolsContext, childProgram: string): Promise<SandboxTools> {
  const { document, log, metrics } = context;
  const { schemas, roots, scratch, processes } = await ground(context);
  const { toolsDirectory, data } = roots;
  if (toolsDirectory === undefined) throw new Error('a document without a server has a directory of modules');
  const { limits, subprocesses, environment } = document;
  const program = await realpath(childProgram);
  const confinement = new Confinement({
    childProgram: program,
    toolsDirectory,
    data,
    memoryBytes: limits.memoryBytes,
    subprocesses,
    environment,
  });
  const isolation = await isolationOf(document, confinement, path.dirname(program));
  metrics.addLabelledGauge(...ISOLATION_GAUGE, () => isolation.figures());
  const code = new CodeCheck(toolsDirectory, document.tools, (problem) => {
    log.error({ event: 'code-mismatch', problem }, 'the toolset is not ready');
  });
  const host = { ...processes, confinement, launcher: isolation.launcher };
  const runner = new ToolRunner({ document, toolsDirectory, host, scratch, schemas, code, metrics });
  return { runner, code, isolation };
}

/** What any tools stand on: their schemas, the paths of the document, and the processes of this machine. */
async function ground({ document, log, overlay }: ToolsContext) {
  const schemas = new ToolSchemas(document.tools);
  const roots = await findRoots(document, overlay);
  const table = process.platform === 'linux' ? new ProcfsTable() : new PsTable(process.platform);
  // Fails here if processes cannot be listed: limits would not hold.
  await table.snapshot();
  const scratch = new ScratchFolders(roots.scratchDirectory);
  await scratch.removeLeftovers(table);
  const onSurvivors = (pids: readonly number[]) => {
    log.error({ event: 'processes-left', pids }, 'processes of a call could not be killed');
  };
  const onFolderLeft = (err: unknown) => {
    log.error({ event: 'folder-left', err }, 'the folder of a call could not be removed');
  };
  const strays = new StrayProcesses(process.pid === 1);
  const sampler = new ProcessSampler(table);
  const processes = { limits: document.limits, table, sampler, strays, onSurvivors, onFolderLeft };
  return { schemas, roots, scratch, processes };
}

/** What of the kernel holds the tools of a document. @param programs folder of the runtime's programs */
function isolationOf(
  { isolation }: ToolsetDocument,
  { readable, subprocesses, passedOn }: Confinement,
  programs: string,
): Promise<KernelIsolation> {
  return KernelIsolation.find({
    programs,
    isolation,
    readable: { own: readable, subprocesses, environment: passedOn },
  });
}

/** Says which layers hold; on a developer's machine what does not, in a cluster whether that is a fault. */
function reportIsolation(isolation: KernelIsolation, log: Logger, isLocal: boolean): void {
  const { active, inactive, landlockVersion, reason, fault } = isolation;
  const fields = { event: 'isolation', active, inactive, landlockVersion, reason };
  if (fault !== undefined && !isLocal) log.error({ ...fields, fault }, 'the sandbox is not ready');
  else if (inactive.length === 0) log.info(fields, 'the kernel confines tools');
  else log.warn(fields, `not enforced by the kernel of this machine: ${inactive.join(', ')}`);
}

/** The tools of a document, wherever they are. */
interface ServedTools {
  readonly calls: ToolCalls;
  /** Why none may be called; empty when all is well. */
  readonly problems: () => readonly string[];
  /** Finds out whether they are the declared ones; they can be called from then on. */
  readonly begin: () => Promise<void>;
}

async function modulesOf(context: ToolsContext, childProgram: string): Promise<ServedTools> {
  const { log, overlay } = context;
  const tools = await sandboxTools(context, childProgram);
  const { runner: calls, code, isolation } = tools;
  reportIsolation(isolation, log, overlay !== undefined);
  // The machine of a developer has the kernel that it has.
  const fault = overlay === undefined ? isolation.fault : undefined;
  if (fault !== undefined) code.refuse(fault);
  const begin = () => (fault === undefined ? checkCode(tools, log) : Promise.resolve());
  return { calls, problems: () => code.problems, begin };
}

async function serverOf(context: ToolsContext, command: readonly string[]): Promise<ServedTools> {
  const { document, log, metrics } = context;
  const { schemas, scratch, processes } = await ground(context);
  const environment = ({ path, id }: ScratchFolder) => environmentIn(document.environment, path, id);
  const host = { ...processes, command, environment };
  const server = new ToolServer({ tools: document.tools, host, scratch, log });
  const calls = new ServerRunner({ document, server, schemas, metrics });
  return { calls, problems: () => server.problems, begin: () => Promise.resolve(server.start()) };
}

/** Checks the code of the tools; if it is the declared one, processes wait for calls from then on. */
async function checkCode({ runner, code }: SandboxTools, log: Logger): Promise<void> {
  try {
    await code.run((module) => runner.list(module));
    if (code.problems.length === 0) runner.keepWarm();
  } catch (error) {
    log.error({ event: 'code-check-failed', err: error }, 'the code of the tools could not be checked');
  }
}

/**
 * Makes a sandbox of a toolset document. Its tools can be called when they have been found to be the declared ones,
 * by those whom the document names.
 *
 * @param childProgram path of the bundled program of a call's process
 * @throws ContractError as `sandboxTools`
 */
export async function startSandbox(
  context: RuntimeContext<typeof toolsetDocument>,
  childProgram: string,
): Promise<RuntimeParts> {
  const { document, health, log, overlay } = context;
  const { server } = document;
  const tools = await (server === undefined ? modulesOf(context, childProgram) : serverOf(context, server.command));
  const { calls, problems } = tools;
  const trust = await TrustStore.open(localPath(document.identity.trustBundleDirectory, overlay), { log });
  const callers = new ToolsetCallers(trust, document.identity);
  const access = new ToolAccess(document.tools);
  const mcp = new McpEndpoint(document, calls, callers, access);
  const execute = new ExecuteEndpoint(document, calls, callers, access);

  health.addCheck(() => trust.unready());
  health.addCheck(() => (problems().length > 0 ? problems().join('; ') : undefined));
  const begun = tools.begin();
  return {
    routes: {
      '/mcp': { POST: mcp.handle, GET: mcp.handle, DELETE: mcp.handle },
      '/execute': { POST: execute.handle },
    },
    load: () => calls.load,
    close: async () => {
      trust.close();
      await mcp.close();
      await calls.close();
      await begun;
    },
  };
}
