import { z } from 'zod';
import { dnsLabel, host, milliseconds, port, toolName } from './fields';
import { serviceToken } from './service-identity';

/** A tool that may be used. */
export const boundTool = z.strictObject({
  name: toolName.describe('Name of the tool in its toolset.'),
  as: toolName.describe('Name under which it is offered.'),
});

/** A toolset that may be called, and the tools of it that may be used. */
export const toolsetBinding = z.strictObject({
  name: dnsLabel.describe('Name of the toolset.'),
  host: host.describe('Host name of its Service.'),
  port,
  timeoutMs: milliseconds.describe('How long one call of it may take, queueing included.'),
  serviceToken,
  tools: z.array(boundTool).min(1).describe('Tools that may be used; no others are offered or called.'),
});

/** Adds a fault for each offered name that occurs twice. */
export function refuseDuplicateToolNames(
  toolsets: readonly z.output<typeof toolsetBinding>[],
  context: z.RefinementCtx,
): void {
  const seen = new Set<string>();
  toolsets.forEach((toolset, i) => {
    toolset.tools.forEach((tool, j) => {
      if (seen.has(tool.as)) {
        context.addIssue({
          code: 'custom',
          path: ['toolsets', i, 'tools', j, 'as'],
          message: `"${tool.as}" is offered twice`,
        });
      }
      seen.add(tool.as);
    });
  });
}

export type ToolsetBinding = z.output<typeof toolsetBinding>;
