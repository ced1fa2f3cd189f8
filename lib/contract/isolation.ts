import { z } from 'zod';

/** Layers of the kernel that confine the processes of tools, as documents name them. */
export const ISOLATION_LAYERS = ['no-new-privileges', 'seccomp', 'landlock-files', 'landlock-scopes'] as const;
export type IsolationLayerName = (typeof ISOLATION_LAYERS)[number];

/** What a sandbox is not ready without, unless its document says otherwise. */
export const USUAL_LAYERS: readonly IsolationLayerName[] = ['no-new-privileges', 'seccomp', 'landlock-files'];

/** How the kernel confines the processes of tools. */
export const toolIsolation = z
  .strictObject({
    network: z
      .boolean()
      .default(false)
      .describe('Whether tools may open sockets of TCP and UDP; else of the machine’s own (AF_UNIX) alone.'),
    requiredLayers: z
      .array(z.enum(ISOLATION_LAYERS))
      .default([...USUAL_LAYERS])
      .describe('Layers without which the sandbox is not ready. What the kernel has is in use, required or not.'),
  })
  .describe('How the kernel confines the processes of tools.');
