import { Command } from 'commander';
import { processTerminal } from '../dev/terminal.js';
import { gatewayOption } from '../gateway-client/gateway-option.js';
import { untilSignal } from '../until-signal.js';
import { runInvoke, type InvokeOptions } from './run.js';

/** `agentyard invoke`: asks an agent through a gateway. */
export function invokeCommand(): Command {
  return new Command('invoke')
    .description('ask an agent through a gateway, and show its tool calls and its answer as they come')
    .argument('<agent>', 'name of the agent')
    .argument('[question]', 'what to ask; the standard input if not given')
    .addOption(gatewayOption())
    .option('--session <id>', 'name of the conversation that it goes on')
    .option('--resume', 'go on with what waited in that session for approval')
    .option('--json', 'print the events of the answer instead, each as a line of JSON')
    .addHelpText(
      'after',
      '\nAn API key or an access token is read from AGENTYARD_API_KEY.\nExit code: 0 for a whole answer, 2 for one that ended at a limit,\n3 for one that waits for approval, 1 for none.',
    )
    .action(async (agent: string, question: string | undefined, flags: Omit<InvokeOptions, 'agent' | 'question'>) => {
      process.exitCode = await untilSignal((signal) =>
        runInvoke({ ...flags, agent, question }, processTerminal(), signal),
      );
    });
}
