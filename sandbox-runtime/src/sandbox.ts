import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { localPath, TrustStore, type Logger, type RuntimeContext, type RuntimeParts } from '@agentyard/runtime-kit';
import type { toolsetDocument, ToolsetDocument } from 'agentyard/contract';
import { CodeCheck } from './code-check.js';
import { Confinement } from './confinement.js';
import { ExecuteEndpoint } from './execute-endpoint.js';
import { KernelIsolation } from './kernel-isolation.js';
import { McpEndpoint } from './mcp-endpoint.js';
import { ProcessSampler } from './process-sampler.js';
import { ProcfsTable } from './procfs-table.js';
import { PsTable } from './ps-table.js';
import { findRoots } from './sandbox-roots.js';
import { ScratchFolders } from './scratch-folders.js';
import { StrayProcesses } from './stray-processes.js';
import { ToolAccess } from './tool-access.js';
import { ToolRunner } from './tool-runner.js';
import { ToolSchemas } from './tool-schemas.js';
import { ToolsetCallers } from './toolset-callers.js';

const ISOLATION_GAUGE = [
  'agentyard_sandbox_isolation_layers',
  'Whether a layer of the kernel confines the processes of tools: 1 or 0.',
  'layer',
] as const;

/** What runs the calls of a sandbox. */
export interface SandboxTools {
  readonly runner: ToolRunner;
  readonly code: CodeCheck;
  readonly isolation: KernelIsolation;
}

/** What a sandbox's tools need of its runtime. */
type ToolsContext = Pick<RuntimeContext<typeof toolsetDocument>, 'document' | 'log' | 'overlay' | 'metrics'>;

/**
 * Makes what runs the tools of a document. None is run before `code` has been run and has found no problem.
 *
 * @param childProgram path of the bundled program of a call's process
 * @throws ContractError for a schema that does not compile, a path or a variable that cannot be used
 */
export async function sandboxTools(
  { document, log, overlay, metrics }: ToolsContext,
  childProgram: string,
): Promise<SandboxTools> {
  const schemas = new ToolSchemas(document.tools);
  const { toolsDirectory, scratchDirectory, data } = await findRoots(document, overlay);
  const table = process.platform === 'linux' ? new ProcfsTable() : new PsTable(process.platform);
  // Fails here if processes cannot be listed: limits would not hold.
  await table.snapshot();
  const scratch = new ScratchFolders(scratchDirectory);
  await scratch.removeLeftovers(table);

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
  const onSurvivors = (pids: readonly number[]) => {
    log.error({ event: 'processes-left', pids }, 'processes of a call could not be killed');
  };
  const onFolderLeft = (err: unknown) => {
    log.error({ event: 'folder-left', err }, 'the folder of a call could not be removed');
  };
  const strays = new StrayProcesses(process.pid === 1);
  const sampler = new ProcessSampler(table);
  const { launcher } = isolation;
  const host = { confinement, launcher, limits, table, sampler, strays, onSurvivors, onFolderLeft };
  const runner = new ToolRunner({ document, toolsDirectory, host, scratch, schemas, code, metrics });
  return { runner, code, isolation };
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
 * Makes a sandbox of a toolset document. Its tools can be called when their code has been found to be the declared one,
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
  const tools = await sandboxTools(context, childProgram);
  const { runner, code, isolation } = tools;
  reportIsolation(isolation, log, overlay !== undefined);
  const trust = await TrustStore.open(localPath(document.identity.trustBundleDirectory, overlay), { log });
  const callers = new ToolsetCallers(trust, document.identity);
  const access = new ToolAccess(document.tools);
  const mcp = new McpEndpoint(document, runner, callers, access);
  const execute = new ExecuteEndpoint(document, runner, callers, access);

  health.addCheck(() => trust.unready());
  health.addCheck(() => (code.problems.length > 0 ? code.problems.join('; ') : undefined));
  // The machine of a developer has the kernel that it has.
  const fault = overlay === undefined ? isolation.fault : undefined;
  if (fault !== undefined) code.refuse(fault);
  const checked = fault === undefined ? checkCode(tools, log) : undefined;
  return {
    routes: {
      '/mcp': { POST: mcp.handle, GET: mcp.handle, DELETE: mcp.handle },
      '/execute': { POST: execute.handle },
    },
    load: () => runner.load,
    close: async () => {
      trust.close();
      await mcp.close();
      await runner.close();
      await checked;
    },
  };
}
