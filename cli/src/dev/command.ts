import { Command, Option } from 'commander';
import { untilSignal } from '../until-signal.js';
import { assignment, countAssignment, portNumber } from './assignments.js';
import { runDev, type DevOptions } from './run.js';
import type { RuntimeMains } from './runtimes.js';
import { processTerminal } from './terminal.js';

/** `agentyard dev`: runs a synthesized platform on this machine. */
export function devCommand(runtimes: RuntimeMains): Command {
  return new Command('dev')
    .description('run the platform that `cdk8s synth` wrote as processes of this machine, without a cluster')
    .argument('[manifests-dir]', 'folder of the manifests', 'dist')
    .option('--port <n>', 'port of the first gateway, or the next free one; 0 for any', portNumber, 8080)
    .option('--replicas <deployment>=<n>', 'processes of a Deployment, 1 if not given (repeatable)', countAssignment)
    .option('--env-file <secret>=<file>', 'file of KEY=VALUE lines that stands for a Secret (repeatable)', assignment)
    .option(
      '--mount <volume>=<dir>',
      'directory that stands for a volume; @logs for the logs of the platform itself (repeatable)',
      assignment,
    )
    .option('--logs-dir', 'print the folder that keeps the logs while the platform runs')
    .option('--watch', 'follow changes of the manifests')
    .option('--quiet', 'do not show the log lines')
    .option('--ask <question>', 'ask one question through the gateway, and print the tool calls and the answer')
    .addOption(new Option('--agent <name>', 'agent that is asked').conflicts('intent'))
    .option('--intent <text>', 'text that chooses the agent; the question itself if not given')
    .option('--once', 'end after the answer, with an exit code other than 0 if there is none')
    .addHelpText(
      'after',
      '\nA key of your own, for gateways whose keys you give with --env-file, is read from AGENTYARD_API_KEY.',
    )
    .action(async (manifestsDirectory: string, flags: DevFlags, command: Command) => {
      refuseLoneFlags(flags, command);
      process.exitCode = await untilSignal((signal) =>
        runDev({ ...flags, manifestsDirectory, runtimes }, processTerminal(), signal),
      );
    });
}

type DevFlags = Omit<DevOptions, 'manifestsDirectory' | 'runtimes'>;

function refuseLoneFlags(flags: DevFlags, command: Command): void {
  const lone = (['agent', 'intent', 'once'] as const).find(
    (name) => flags[name] !== undefined && flags.ask === undefined,
  );
  if (lone !== undefined) command.error(`error: --${lone} needs --ask <question>`);
}
