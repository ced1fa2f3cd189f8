import { dynamicTool, jsonSchema, type JSONSchema7, type ToolSet } from 'ai';
import type { Logger } from '@agentyard/runtime-kit';
import type { Tool } from '@modelcontextprotocol/client';
import type { Ledger } from './ledger.js';
import type { RunTelemetry } from './telemetry/run-telemetry.js';
import type { ToolsetClient, ToolsetScope } from './toolset-client.js';
import { failureMessage, failureName, failureType } from './toolset-failure.js';
import { failedResult, modelOutputOf, resultOf, type ToolResult } from './tool-result.js';

/** Of which request tools are called. */
export interface CatalogScope extends ToolsetScope {
  readonly ledger: Ledger;
  readonly telemetry: RunTelemetry;
}

/** Which tool of which toolset an offered name stands for. */
export interface ToolAddress {
  readonly toolset: string;
  readonly tool: string;
}

/** The tools that one request offers to the model. */
export interface ToolOffer {
  readonly tools: ToolSet;
  /** The tool behind an offered name; absent if the name was not offered. */
  addressOf(offeredName: string): ToolAddress | undefined;
}

/** What is told of a call that is one too many. */
const TOO_MANY_CALLS = 'The call was not made: the request has made as many as it may.';

/** The tools of an agent: what its document names and its toolsets have. */
export class ToolCatalog {
  public constructor(private readonly toolsets: readonly ToolsetClient[]) {}

  /**
   * Asks all toolsets at once for the tools of this user. A toolset that gives no list is left out with a warning,
   * a declared tool that its toolset does not list without one: the user may lack its role.
   */
  public async offer(scope: CatalogScope, log: Logger): Promise<ToolOffer> {
    const offered = (await Promise.all(this.toolsets.map((toolset) => offeredBy(toolset, scope, log)))).flat();
    const addresses = new Map(offered.map(({ name, address }) => [name, address]));
    return {
      tools: Object.fromEntries(offered.map(({ name, tool }) => [name, tool])),
      addressOf: (name) => addresses.get(name),
    };
  }
}

async function offeredBy(toolset: ToolsetClient, scope: CatalogScope, log: Logger) {
  const { name, tools: bindings } = toolset.binding;
  const listed = await listedTools(toolset, scope, log);
  if (listed === undefined) return [];
  return bindings.flatMap((binding) => {
    const tool = listed.get(binding.name);
    if (tool === undefined) {
      log.debug({ event: 'tool-missing', toolset: name, tool: binding.name }, 'declared tool is not listed');
      return [];
    }
    const address: ToolAddress = { toolset: name, tool: binding.name };
    return [{ name: binding.as, address, tool: callable(toolset, tool, scope, log) }];
  });
}

async function listedTools(toolset: ToolsetClient, scope: ToolsetScope, log: Logger) {
  try {
    return new Map((await toolset.listTools(scope)).map((tool) => [tool.name, tool]));
  } catch (error) {
    scope.signal.throwIfAborted();
    const fields = { event: 'toolset-unavailable', toolset: toolset.binding.name, reason: failureName(error) };
    log.warn(fields, 'toolset lists no tools; none of it is offered');
    return undefined;
  }
}

function callable(toolset: ToolsetClient, tool: Tool, scope: CatalogScope, log: Logger): ToolSet[string] {
  return dynamicTool({
    description: tool.description,
    inputSchema: jsonSchema(tool.inputSchema as JSONSchema7),
    execute: (input, { toolCallId }): Promise<ToolResult> => call(toolset, tool, { id: toolCallId, input }, scope, log),
    toModelOutput: ({ output }) => modelOutputOf(output as ToolResult),
  });
}

async function call(
  toolset: ToolsetClient,
  tool: Tool,
  { id, input }: { readonly id: string; readonly input: unknown },
  scope: CatalogScope,
  log: Logger,
): Promise<ToolResult> {
  if (!isArguments(input)) return failedResult('The arguments must be a JSON object.');
  if (!scope.ledger.admitToolCall()) return failedResult(TOO_MANY_CALLS);
  const measured = scope.telemetry.toolCalled({ toolset: toolset.binding.name, tool: tool.name }, id);
  try {
    const result = resultOf(await toolset.callTool(tool, input, { ...scope, traceHeaders: measured.headers }));
    measured.end(result.isError ? 'tool_error' : '');
    return result;
  } catch (error) {
    measured.end(scope.signal.aborted ? 'aborted' : failureType(error));
    scope.signal.throwIfAborted();
    const fields = {
      event: 'tool-call-failed',
      toolset: toolset.binding.name,
      tool: tool.name,
      reason: failureName(error),
    };
    log.warn(fields, 'tool call failed');
    return failedResult(failureMessage(error, toolset.binding.timeoutMs));
  }
}

function isArguments(input: unknown): input is Record<string, unknown> {
  return typeof input === 'object' && input !== null && !Array.isArray(input);
}
