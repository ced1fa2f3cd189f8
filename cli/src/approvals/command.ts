import { Command } from 'commander';
import { processTerminal } from '../dev/terminal.js';
import { gatewayOption } from '../gateway-client/gateway-option.js';
import { untilSignal } from '../until-signal.js';
import { runDecide, runList, type ApprovalsOptions, type DecideOptions } from './run.js';

const KEY_TEXT =
  '\nAn API key or an access token of an approver is read from AGENTYARD_API_KEY.\nExit code: 0 if that was done, 1 if not.';

/** `agentyard approvals`: what waits at an agent for a person, and what becomes of it. */
export function approvalsCommand(): Command {
  return new Command('approvals')
    .description('see which calls of tools wait for approval, and approve or deny them')
    .addCommand(
      new Command('list')
        .description('list what waits at an agent')
        .argument('<agent>', 'name of the agent')
        .addOption(gatewayOption())
        .option('--json', 'print it as JSON instead')
        .addHelpText('after', KEY_TEXT)
        .action(async (agent: string, flags: Omit<ApprovalsOptions, 'agent'>) => {
          process.exitCode = await untilSignal((signal) => runList({ ...flags, agent }, processTerminal(), signal));
        }),
    )
    .addCommand(decisionCommand('approve', true))
    .addCommand(decisionCommand('deny', false));
}

function decisionCommand(name: 'approve' | 'deny', approved: boolean): Command {
  return new Command(name)
    .description(approved ? 'let the calls be made' : 'keep the calls from being made')
    .argument('<agent>', 'name of the agent')
    .argument('<id>', 'id of the approval')
    .addOption(gatewayOption())
    .option('--call <id...>', 'ids of the calls that it is about; all if not given')
    .option('--reason <text>', 'why; the model reads it of a call that is denied')
    .addHelpText('after', KEY_TEXT)
    .action(async (agent: string, id: string, flags: Omit<DecideOptions, 'agent' | 'id' | 'approved'>) => {
      process.exitCode = await untilSignal((signal) =>
        runDecide({ ...flags, agent, id, approved }, processTerminal(), signal),
      );
    });
}
