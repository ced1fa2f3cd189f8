import { z } from 'zod';
import { documentHead, type DocumentDefinition } from './document';
import { toolDeclaration } from './tool-declaration';

const schema = z
  .strictObject({
    $schema: z.string().optional().describe('For editors; not read.'),
    ...documentHead('ToolsetManifest'),
    tools: z
      .array(
        z.strictObject({
          ...toolDeclaration,
          module: z
            .string()
            .regex(
              /^(?!\/)(?!.*\.\.)[\w./-]+\.(ts|mts|js|mjs)$/,
              'must be a relative path of a .ts, .mts, .js or .mjs file',
            )
            .optional()
            .describe(
              'File that exports the tool as a function of its name. Needed but for tools of an image with an entry module.',
            ),
        }),
      )
      .min(1),
  })
  .superRefine((manifest, context) => {
    const seen = new Set<string>();
    manifest.tools.forEach(({ name }, i) => {
      if (seen.has(name))
        context.addIssue({ code: 'custom', path: ['tools', i, 'name'], message: `"${name}" is listed twice` });
      seen.add(name);
    });
  });

/** `toolset.manifest.json`: what is declared of the tools in a directory, of this machine or of an image. */
export const toolsetManifest: DocumentDefinition<typeof schema> = {
  kind: 'ToolsetManifest',
  file: 'toolset.manifest.json',
  schema,
};
export type ToolsetManifest = z.output<typeof schema>;
