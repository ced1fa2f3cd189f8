import { z } from 'zod';
import { toolName } from './fields';

/** Body of `POST /execute` of a sandbox. */
export const executeRequest = z.strictObject({
  tool: toolName.describe('Tool of the toolset, by its own name.'),
  arguments: z
    .record(z.string(), z.json())
    .default({})
    .describe('What the tool is given: has to fit its input schema, and what roles may give it.'),
});

/** How a call has ended whose tool ran: well, with an error of its own, at a limit, or with the end of its process. */
export const EXECUTE_OUTCOMES = ['ok', 'tool-error', 'timeout', 'memory', 'processes', 'output', 'crashed'] as const;

/**
 * Answer of `POST /execute`. A call whose tool did not run is a problem instead; of `internal-error` and `runtime-ending` it is
 * not certain whether it ran.
 */
export const executeResponse = z.strictObject({
  requestId: z.string(),
  tool: toolName,
  outcome: z.enum(EXECUTE_OUTCOMES),
  isError: z.boolean().describe('False for `ok` alone.'),
  content: z.array(z.json()).describe('Content of the result, as MCP has it (2025-11-25, server/tools).'),
  structuredContent: z.record(z.string(), z.json()).optional().describe('The result as an object, if it is one.'),
  _meta: z.record(z.string(), z.json()).optional().describe('What the tool has added to its result, as MCP has it.'),
  durationMs: z.number().min(0).describe('Time in the sandbox, with what the call has waited.'),
});

export type ExecuteRequest = z.output<typeof executeRequest>;
export type ExecuteResponse = z.output<typeof executeResponse>;
export type ExecuteOutcome = ExecuteResponse['outcome'];
