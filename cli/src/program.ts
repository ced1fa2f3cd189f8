import { Command } from 'commander';
import manifest from '../package.json' with { type: 'json' };
import { approvalsCommand } from './approvals/command.js';
import { devCommand } from './dev/command.js';
import type { RuntimeMains } from './dev/runtimes.js';
import { diffCommand } from './diff/command.js';
import { doctorCommand } from './doctor/command.js';
import { graphCommand } from './graph/command.js';
import { invokeCommand } from './invoke/command.js';
import { keysCommand } from './keys/command.js';
import { pruneCommand } from './prune/command.js';
import { trustCommand } from './trust/command.js';

/**
 * The `agentyard` command.
 *
 * @param runtimes main modules of the runtimes
 * @param probe file of the program that `agentyard doctor` runs in a cluster
 */
export function agentyardProgram(runtimes: RuntimeMains, probe: string): Command {
  return new Command('agentyard')
    .description('Typed constructs for AI agents, their MCP tools and the gateway in front.')
    .version(manifest.version)
    .showHelpAfterError('(agentyard dev --help shows what there is)')
    .addCommand(devCommand(runtimes))
    .addCommand(invokeCommand())
    .addCommand(approvalsCommand())
    .addCommand(doctorCommand(probe))
    .addCommand(graphCommand())
    .addCommand(diffCommand())
    .addCommand(pruneCommand())
    .addCommand(keysCommand())
    .addCommand(trustCommand());
}
