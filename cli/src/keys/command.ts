import { Argument, Command, Option } from 'commander';
import { processTerminal } from '../dev/terminal.js';
import { Kubectl, type ClusterChoice } from '../kubectl/kubectl.js';
import { runCreate, type CreateOptions } from './create.js';
import { gatewayName, keyId, objectName, role, userName } from './flags.js';
import { KEYS_USE } from './kubectl-use.js';
import { runList, type ListOptions } from './list.js';
import { runRevoke, type RevokeOptions } from './revoke.js';
import { runRotate, type RotateOptions } from './rotate.js';
import { duration, instant } from './time.js';

const DAY_MS = 86_400_000;

/** `agentyard keys`: the API keys of a gateway. */
export function keysCommand(): Command {
  return new Command('keys')
    .description('create, list, revoke and rotate the API keys of a gateway')
    .addCommand(createCommand())
    .addCommand(listCommand())
    .addCommand(revokeCommand())
    .addCommand(rotateCommand());
}

function createCommand(): Command {
  const command = new Command('create')
    .description('make a key, print it once, and add its hash to the Secret that the gateway mounts')
    .requiredOption('--user <name>', 'whom the key stands for', userName)
    .option('--role <role>', 'role that it brings (repeatable)', role, []);
  return placed(ending(command, 'the key'))
    .option('--print', 'print the manifest and touch no cluster; the key goes to standard error')
    .addHelpText('after', exitCodes('the key was made', 'it was not'))
    .action(async (flags: CreateOptions & ClusterChoice) => {
      process.exitCode = await runCreate(flags, kubectlOf(flags), processTerminal(), Date.now());
    });
}

function listCommand(): Command {
  return placed(new Command('list').description('show whose keys there are, with which roles, and until when'))
    .option('--json', 'for programs')
    .addHelpText('after', exitCodes('they were listed, whatever their state', 'they were not'))
    .action(async (flags: ListOptions & ClusterChoice) => {
      process.exitCode = await runList(flags, kubectlOf(flags), processTerminal(), Date.now());
    });
}

function revokeCommand(): Command {
  return placed(new Command('revoke').description('remove keys'))
    .addArgument(new Argument('<ids...>', 'ids of the keys').argParser(keyId))
    .option('--print', 'print a patch that removes them, and touch no cluster')
    .addHelpText('after', exitCodes('all of them were removed', 'none was'))
    .action(async (ids: readonly string[], flags: Omit<RevokeOptions, 'ids'> & ClusterChoice) => {
      process.exitCode = await runRevoke({ ...flags, ids }, kubectlOf(flags), processTerminal());
    });
}

function rotateCommand(): Command {
  const command = new Command('rotate')
    .description('make a key for the same user and roles, and let the old one end')
    .argument('<id>', 'id of the old key')
    .addOption(
      new Option('--overlap <duration>', 'how long the old key stays valid').argParser(duration).default(DAY_MS, '24h'),
    )
    .addOption(new Option('--now', 'remove the old key at once').conflicts('overlap'));
  return placed(ending(command, 'the new key (as long as the old one was made for, if not given)'))
    .option('--print', 'print the manifest of both, and write nothing; the key goes to standard error')
    .addHelpText('after', exitCodes('the new key was made and the old one ends', 'nothing was changed'))
    .action(async (id: string, flags: Omit<RotateOptions, 'id'> & ClusterChoice) => {
      process.exitCode = await runRotate({ ...flags, id }, kubectlOf(flags), processTerminal(), Date.now());
    });
}

/** Options that say which keys, in which cluster. */
function placed(command: Command): Command {
  return command
    .addOption(new Option('--secret <name>', 'Secret that holds the keys').argParser(objectName))
    .addOption(new Option('-n, --namespace <name>', 'namespace of the Secret').argParser(objectName))
    .addOption(
      new Option('--gateway <name>', 'gateway that mounts the Secret, or <namespace>/<name>, instead of these two')
        .argParser(gatewayName)
        .conflicts(['secret', 'namespace']),
    )
    .option('--manifests <dir>', 'folder of the manifests that have the gateway', 'dist')
    .option('--context <name>', 'context of the kubeconfig; the current one if not given')
    .option('--kubeconfig <file>', 'kubeconfig file, as for kubectl');
}

/** Options that say when a key ends. */
function ending(command: Command, key: string): Command {
  return command
    .addOption(
      new Option('--expires <duration>', `how long ${key} is valid: 30m, 24h, 90d, 52w`)
        .argParser(duration)
        .conflicts(['expiresAt', 'expiry']),
    )
    .addOption(
      new Option('--expires-at <instant>', `until when: 2030-12-31T22:00:00Z`).argParser(instant).conflicts('expiry'),
    )
    .option('--no-expiry', 'valid until it is revoked');
}

function exitCodes(done: string, otherwise: string): string {
  return `\nExit code: 0 if ${done}, 1 if ${otherwise}.`;
}

function kubectlOf(choice: ClusterChoice): Kubectl {
  return new Kubectl(choice, KEYS_USE);
}
