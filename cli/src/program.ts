import { Command } from 'commander';
import manifest from '../package.json' with { type: 'json' };
import { devCommand } from './dev/command.js';
import type { RuntimeMains } from './dev/runtimes.js';

/** The `agentyard` command. */
export function agentyardProgram(runtimes: RuntimeMains): Command {
  return new Command('agentyard')
    .description('Typed constructs for AI agents, their MCP tools and the gateway in front.')
    .version(manifest.version)
    .showHelpAfterError('(agentyard dev --help shows what there is)')
    .addCommand(devCommand(runtimes));
}
