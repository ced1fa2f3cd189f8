import { Command } from 'commander';
import { processTerminal } from '../dev/terminal.js';
import { Kubectl, type ClusterChoice } from '../kubectl/kubectl.js';
import { TRUST_USE } from './kubectl-use.js';
import { runTrust, type TrustOptions } from './run.js';

/** `agentyard trust`: what the trust job does, with the rights of the user. */
export function trustCommand(): Command {
  return new Command('trust')
    .description('publish the keys by which services know each other, and renew those that sign for users')
    .option('--manifests <dir>', 'folder of the manifests, which say what is written where', 'dist')
    .option('--print', 'say what would be written, and write nothing')
    .option('--context <name>', 'context of the kubeconfig; the current one if not given')
    .option('--kubeconfig <file>', 'kubeconfig file, as for kubectl')
    .addHelpText(
      'after',
      '\nA job in the cluster does the same every five minutes, if the profile of the cluster says where the API server is.' +
        '\nOtherwise run it after each apply, and once a day.' +
        '\n\nExit code: 0 if all keys are as they should be, 1 if something could not be read or written.',
    )
    .action(async (flags: TrustOptions & ClusterChoice) => {
      process.exitCode = await runTrust(flags, new Kubectl(flags, TRUST_USE), processTerminal());
    });
}
