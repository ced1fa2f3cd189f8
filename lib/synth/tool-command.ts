import { SynthError, type SynthFault } from '../errors/synth-error';
import { placeFault, toolsOf, type DeclaredPlaces } from './tool-places';
import type { BundledTools } from './toolset-source';

/** A stdio MCP server. */
export interface ToolCommand {
  /** Program and arguments. */
  readonly command: readonly string[];
}

const MOST_ARGUMENTS = 100;

/**
 * The tools that are declared of a server.
 *
 * @throws SynthError TOOL_COMMAND_INVALID, TOOL_MANIFEST_INVALID, PATH_NOT_ABSOLUTE, FILE_UNREADABLE
 */
export function toolsOfCommand({ command }: ToolCommand, declaration: DeclaredPlaces): BundledTools {
  const fault = commandFault(command) ?? placeFault(declaration);
  const place = `ToolSource.command(${command[0] ?? ''})`;
  if (fault !== undefined) throw new SynthError('TOOL_COMMAND_INVALID', place, fault);
  const tools = toolsOf(declaration.manifest ?? place, declaration);
  const located = tools.find(({ module }) => module !== undefined);
  if (located === undefined) return { tools, modules: {} };
  throw new SynthError('TOOL_COMMAND_INVALID', place, {
    message: `the tool "${located.name}" names the module "${located.module}", and a server has it`,
    remedy: 'Leave the module out, or use ToolSource.fromDirectory or fromImage',
  });
}

function commandFault(command: readonly string[]): SynthFault | undefined {
  if (command.length > 0 && command.length <= MOST_ARGUMENTS && !command.includes('')) return undefined;
  return {
    message: `its command has ${command.length} parts${command.includes('') ? ', one of them empty' : ''}`,
    remedy: `Give program and arguments, 1 to ${MOST_ARGUMENTS}: [ 'node', '/app/server.mjs' ]`,
  };
}
