import { ContractError, parseDocument, toolsetManifest, type ToolsetManifest } from '../contract';
import { SynthError } from '../errors/synth-error';

/** What a manifest declares of a tool. */
export type DeclaredTool = ToolsetManifest['tools'][number];

/** What a manifest declares of a tool, with the file that exports it. */
export type LocatedTool = DeclaredTool & { readonly module: string };

/**
 * The tools that a manifest declares.
 *
 * @param place how messages name it: its file, or what it was given to
 * @throws SynthError TOOL_MANIFEST_INVALID
 */
export function declaredTools(place: string, text: string): readonly DeclaredTool[] {
  try {
    return parseDocument(toolsetManifest, text).tools;
  } catch (error) {
    if (!(error instanceof ContractError)) throw error;
    throw invalid(place, error.faults.map((fault) => `${fault.path} ${fault.message}`).join('; '));
  }
}

/**
 * The tools with the files that export them.
 *
 * @param entryModule of those that name none
 * @throws SynthError TOOL_MANIFEST_INVALID for those that have none
 */
export function locatedTools(place: string, tools: readonly DeclaredTool[], entryModule?: string): LocatedTool[] {
  const nowhere = tools.flatMap(({ module = entryModule }, i) =>
    module === undefined ? [`$.tools[${i}].module`] : [],
  );
  if (nowhere.length > 0) throw invalid(place, `${nowhere.join(', ')} is required`);
  return tools.map((tool) => ({ ...tool, module: tool.module ?? entryModule ?? '' }));
}

function invalid(place: string, message: string): SynthError {
  return new SynthError('TOOL_MANIFEST_INVALID', place, {
    message,
    remedy: 'Correct the declaration; its JSON Schema is agentyard/schemas/toolset.manifest.schema.json',
  });
}
