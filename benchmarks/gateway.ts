/**
 * Measures the gateway: beside no hop, nginx, a bare pass-through, mcp-proxy and a gateway of the MCP SDK, all before
 * one bare upstream, by turns, with every answer checked. Prints tables and what they say about the limits that we set
 * ourselves; a whole run writes both to results/.
 *
 *     npm run bench:gateway -- [--quick] [--only '<words of a name>'] [--contenders a,b] [--cpu-profile <folder>]
 *
 * `--only 'tools/call 2026-07-28 small JSON 32'` is one cell; `--only /v1/invoke` is all about agents; `--only 'half load'`,
 * `--only 'first byte'` and `--only 'open streams'` are what is measured beside the cells.
 */
import { spawnSync } from 'node:child_process';
import { installPackages } from '../test/real/debian-packages';
import { cellTables } from './gateway/cell-tables';
import { endChildrenAtExit } from './processes/child';
import { contendersOf } from './gateway/contenders';
import { extraTables } from './gateway/extra-tables';
import { Findings } from './gateway/findings';
import { nginx } from './gateway/nginx';
import { buildGateway } from './gateway/own-gateway';
import { installPeers, peerVersions } from './gateway/peers';
import { planOf, type Plan } from './gateway/plan';
import { reachOf } from './gateway/reach';
import { measureRound } from './gateway/round';
import { Scripts } from './gateway/scripts';
import { circumstances, writeResult } from './result-file';

async function main(): Promise<void> {
  endChildrenAtExit();
  const plan = planOf(process.argv.slice(2));
  const scripts = new Scripts();
  const contenders = contendersOf(plan);
  if (contenders.includes(nginx)) installPackages('nginx');
  installPeers();
  buildGateway();
  const findings = new Findings();
  const bench = { plan, contenders, scripts, findings };
  for (let round = 1; round <= plan.pace.rounds; round += 1) await measureRound(bench, round);
  await report(
    plan,
    findings,
    contenders.map(({ name }) => name),
  );
}

async function report({ cells, pace, isWhole }: Plan, findings: Findings, names: readonly string[]): Promise<void> {
  const verdicts = reachOf(findings, pace);
  const printed = [
    ...cellTables(findings, cells, names),
    ...extraTables(findings, names, pace.openStreams),
    `Medians of ${pace.rounds} rounds, each with new processes.`,
    verdicts.map((verdict) => `- ${verdict}`).join('\n'),
  ]
    .filter((text) => text !== '')
    .join('\n\n');
  process.stdout.write(`\n${printed}\n`);
  if (!isWhole) return;
  const at = circumstances({ nginx: nginxVersion(), ...peerVersions() });
  await writeResult('gateway', 'Gateway', { rounds: pace.rounds, ...findings, verdicts }, printed, at);
}

function nginxVersion(): string {
  return /nginx\/(\S+)/.exec(spawnSync('nginx', ['-v'], { encoding: 'utf8' }).stderr)?.[1] ?? 'unknown';
}

main().then(
  () => process.exit(0),
  (error: Error) => {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  },
);
