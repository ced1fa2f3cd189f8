import { Command, Option } from 'commander';
import { processTerminal } from '../dev/terminal.js';
import { FORMATS, type Format } from './report.js';
import { runDiff } from './run.js';

/** `agentyard diff`: tells what a change of manifests permits and takes away. */
export function diffCommand(): Command {
  return new Command('diff')
    .description('tell in words what a change of the manifests newly permits or takes away')
    .argument('<old-dir>', 'folder of the manifests before the change')
    .argument('<new-dir>', 'folder of the manifests after it')
    .addOption(
      new Option('--format <format>', 'form of the report; markdown for pull requests')
        .choices(FORMATS)
        .default('text'),
    )
    .addHelpText(
      'after',
      '\nExit code: 0 nothing is newly permitted, 2 something is, 1 the manifests could not be read or not be understood.',
    )
    .action(async (before: string, after: string, { format }: { readonly format: Format }) => {
      process.exitCode = await runDiff({ before, after, format }, processTerminal());
    });
}
