import { DevError } from '../dev/dev-error.js';
import { printable } from '../dev/log-line.js';
import type { Terminal } from '../dev/terminal.js';
import type { Kubectl } from '../kubectl/kubectl.js';
import { admissionCheck } from './admission.js';
import { EXIT_UNKNOWN, exitCodeOf, type Check } from './check.js';
import { assignsUsers, servedChecks, serverVersion, versionCheck } from './cluster-facts.js';
import type { DoctorOptions } from './options.js';
import { probeChecks, unknownProbeChecks } from './probe-checks.js';
import { ProbePods } from './probe-objects.js';
import { ProbeRemains } from './probe-remains.js';
import { ProbeScope } from './probe-scope.js';
import { Probe } from './probe.js';
import { renderJson, renderTable, type Report } from './report.js';

/** How the report is written. */
export type Output = 'table' | 'json';

/**
 * Looks into the cluster and prints the report.
 *
 * @returns the exit code: 0 when all is well, 1 when something is wrong, 2 when it could not be found out
 */
export async function runDoctor(
  kubectl: Kubectl,
  options: DoctorOptions,
  output: Output,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<number> {
  const interrupted = 'interrupted; Ctrl-C again leaves what is in the cluster\n';
  signal.addEventListener('abort', () => terminal.err(interrupted), { once: true });
  try {
    const report = await examine(kubectl, options, terminal, signal);
    if (signal.aborted) return EXIT_UNKNOWN;
    terminal.out(output === 'json' ? renderJson(report) : renderTable(report, terminal.color));
    return exitCodeOf(report.checks);
  } catch (error) {
    if (!signal.aborted)
      terminal.err(`error: ${error instanceof DevError ? error.message : String((error as Error).stack)}\n`);
    return EXIT_UNKNOWN;
  }
}

async function examine(
  kubectl: Kubectl,
  options: DoctorOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<Report> {
  const kubernetes = await serverVersion(kubectl);
  const context = await kubectl.context();
  const scope = new ProbeScope(options.namespace);
  terminal.err(`probing the cluster of context ${context} in the namespace ${scope.namespace}\n`);
  const facts = [versionCheck(kubernetes), ...(await servedChecks(kubectl))];
  const progress = (text: string) => void (signal.aborted || terminal.err(`  ${printable(text)}\n`));
  const patience = AbortSignal.any([signal, AbortSignal.timeout(options.timeout * 1_000)]);
  const run = new Probe(kubectl, scope, options, progress, patience);
  try {
    const probed = await probe(run, options, kubectl, scope);
    return { context, kubernetes, namespace: scope.namespace, checks: [...facts, ...probed] };
  } finally {
    if (run.leavesRemains) await new ProbeRemains(kubectl, scope, options.keep, terminal).remove();
  }
}

async function probe(run: Probe, options: DoctorOptions, kubectl: Kubectl, scope: ProbeScope): Promise<Check[]> {
  const checks: Check[] = [];
  try {
    const pods = new ProbePods(scope, options, await assignsUsers(kubectl));
    await run.prepare();
    checks.push(await admissionCheck(kubectl, pods, scope));
    const addresses = await run.listen(pods);
    for (const direction of ['ingress', 'egress'] as const)
      checks.push(...probeChecks(direction, await run.observe(direction, pods, addresses), options.dns));
    return checks;
  } catch (error) {
    if (!(error instanceof DevError)) throw error;
    return [...checks, ...unknownProbeChecks(error.message, options.dns)];
  }
}
