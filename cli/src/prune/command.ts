import { Command, InvalidArgumentError, Option } from 'commander';
import { processTerminal } from '../dev/terminal.js';
import { INSTALLED_KINDS } from './pruned-kinds.js';
import { runPrune, type PruneOptions } from './run.js';

/** `agentyard prune`: prints how manifests are applied so that what left the program leaves the cluster. */
export function pruneCommand(): Command {
  return new Command('prune')
    .description('print the kubectl commands that apply the manifests and remove what is no longer in them')
    .argument('[manifests-dir]', 'folder of the manifests', 'dist')
    .addOption(
      new Option(
        '--kind <kind>',
        `a kind that the manifests have no longer, and the cluster may: ${INSTALLED_KINDS.join(', ')}`,
      )
        .argParser(collected)
        .default([], 'none'),
    )
    .option('--applyset', 'as an ApplySet, with a ConfigMap as its parent')
    .addOption(
      new Option('--parent <parent>', 'as an ApplySet with this parent: <resource>.<group>/<name>').argParser(
        parentName,
      ),
    )
    .addHelpText('after', '\nExit code: 0 if they were printed, 1 if the manifests could not be read or are of no app.')
    .action(async (manifestsDirectory: string, flags: Omit<PruneOptions, 'manifestsDirectory'>) => {
      process.exitCode = await runPrune({ ...flags, manifestsDirectory }, processTerminal());
    });
}

function collected(kind: string, before: readonly string[]): string[] {
  if (!INSTALLED_KINDS.includes(kind))
    throw new InvalidArgumentError(`It must be one of ${INSTALLED_KINDS.join(', ')}.`);
  return [...before, kind];
}

function parentName(name: string): string {
  if (!/^[a-z0-9.-]+\/[a-z0-9.-]+$/.test(name)) throw new InvalidArgumentError('It must be <resource>.<group>/<name>.');
  return name;
}
