import { Command } from 'commander';
import { devCommand } from './dev/command.js';
import type { RuntimeMains } from './dev/runtimes.js';

/** The `agentyard` command. */
export function agentyardProgram(runtimes: RuntimeMains): Command {
  return new Command('agentyard')
    .description('Typed constructs for AI agents, their MCP tools and the gateway in front.')
    .showHelpAfterError('(agentyard dev --help shows what there is)')
    .addCommand(devCommand(runtimes));
}
