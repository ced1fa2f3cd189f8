import { isCallToolResult, type CallToolResult } from '@modelcontextprotocol/server';
import type { ToolSchemas } from './tool-schemas.js';

const RESULT_MEMBERS: ReadonlySet<string> = new Set(['content', 'structuredContent', 'isError', '_meta']);

/** A result that tells the model what went wrong. */
export function toolError(message: string): CallToolResult {
  return { content: [{ type: 'text', text: message }], isError: true };
}

/** What a result that {@link toolError} made says. */
export function textOf({ content: [first] }: CallToolResult): string {
  return first?.type === 'text' ? first.text : '';
}

/**
 * Makes the MCP result of what a tool's function returned: text of a string, structured content of an object, and an
 * MCP result as it is. Anything else, and what does not fit the tool's output schema, is a tool error that says so.
 *
 * @param type the value's type as the child process saw it, since JSON keeps neither functions nor `undefined`
 */
export function toolResultOf(schemas: ToolSchemas, tool: string, type: string, value: unknown): CallToolResult {
  const declared = schemas.hasOutput(tool);
  if (type === 'string' && typeof value === 'string') {
    if (declared) return toolError(`The tool returned text, but it declares a structured result.`);
    return { content: [{ type: 'text', text: value }] };
  }
  if (type !== 'object' || !isObject(value)) {
    return toolError(`The tool returned ${nameOf(type)}; it must return a string, an object or an MCP result.`);
  }
  const faults = schemas.outputFaults(tool, value);
  const fits = declared && faults.length === 0;
  if (!fits && isMcpResult(value)) return checkedMcpResult(schemas, tool, value);
  if (faults.length > 0) return outputError(faults);
  return { content: [{ type: 'text', text: JSON.stringify(value) }], structuredContent: value };
}

/** What an MCP server has answered: with all members that results of tools have, and checked; other members are dropped. */
export function serverResultOf(schemas: ToolSchemas, tool: string, value: unknown): CallToolResult {
  const members = Object.entries(isObject(value) ? value : {}).filter(([key]) => RESULT_MEMBERS.has(key));
  const result = Object.fromEntries(members);
  return isMcpResult(result)
    ? checkedMcpResult(schemas, tool, result)
    : toolError('The server returned no result of MCP.');
}

/** An error need not fit the output schema; MCP, server/tools, "Output Schema". */
function checkedMcpResult(schemas: ToolSchemas, tool: string, result: CallToolResult): CallToolResult {
  if (!schemas.hasOutput(tool) || result.isError === true) return result;
  if (result.structuredContent === undefined) {
    return toolError('The tool returned no structuredContent, but it declares a structured result.');
  }
  const faults = schemas.outputFaults(tool, result.structuredContent);
  return faults.length > 0 ? outputError(faults) : result;
}

function outputError(faults: readonly string[]): CallToolResult {
  return toolError(`The tool's result does not fit its output schema:\n${faults.join('\n')}`);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isMcpResult(value: Record<string, unknown>): value is CallToolResult {
  return (
    Array.isArray(value.content) &&
    Object.keys(value).every((key) => RESULT_MEMBERS.has(key)) &&
    isCallToolResult(value)
  );
}

function nameOf(type: string): string {
  if (type === 'undefined' || type === 'null') return 'nothing';
  return /^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`;
}
