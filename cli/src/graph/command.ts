import { Command, InvalidArgumentError, Option } from 'commander';
import { processTerminal } from '../dev/terminal.js';
import type { Omission } from './draw.js';
import { FORMATS, runGraph, type GraphOptions } from './run.js';

const OMISSIONS: readonly string[] = ['dns', 'metrics'] satisfies Omission[];

/** `agentyard graph`: draws who may talk to whom. */
export function graphCommand(): Command {
  return new Command('graph')
    .description('draw who may talk to whom and why, by the manifests that `cdk8s synth` wrote')
    .argument('[manifests-dir]', 'folder of the manifests', 'dist')
    .addOption(new Option('--format <format>', 'what is drawn').choices(FORMATS).default('mermaid'))
    .option('-o, --output <file>', 'file that is written; standard output if not given')
    .option('--for <workload>', 'draw only what this workload is connected to: its name, or <namespace>/<name>')
    .option('--without <parts>', 'leave out the notes on dns, on metrics or on both: dns,metrics', omissions, [])
    .addHelpText('after', '\nExit code: 0 if it was drawn, 1 if the manifests could not be read or not be understood.')
    .action(async (manifestsDirectory: string, flags: Omit<GraphOptions, 'manifestsDirectory'>) => {
      process.exitCode = await runGraph({ ...flags, manifestsDirectory }, processTerminal());
    });
}

function omissions(text: string): Omission[] {
  const parts = text.split(',');
  if (!parts.every((part) => OMISSIONS.includes(part))) {
    throw new InvalidArgumentError('It must be dns, metrics or both: dns,metrics.');
  }
  return parts as Omission[];
}
