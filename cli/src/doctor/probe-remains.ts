import { printable } from '../dev/log-line.js';
import type { Terminal } from '../dev/terminal.js';
import type { Kubectl } from '../kubectl/kubectl.js';
import type { ProbeScope } from './probe-scope.js';

const KINDS = 'jobs,pods,networkpolicies,configmaps,serviceaccounts';
const LONGEST_REMOVAL = '90s';

/** What a run leaves in the cluster, told by its label, so that nothing of others is ever deleted. */
export class ProbeRemains {
  public constructor(
    private readonly kubectl: Kubectl,
    private readonly scope: ProbeScope,
    private readonly keep: boolean,
    private readonly terminal: Terminal,
  ) {}

  /** Deletes all and waits until it is gone. A failure is told with the command that does the same. */
  public async remove(): Promise<void> {
    if (this.keep) return this.terminal.err(`kept as asked; this removes it: ${this.command}\n`);
    this.terminal.err('removing the probe\n');
    try {
      await this.kubectl.run([...this.arguments, `--timeout=${LONGEST_REMOVAL}`]);
    } catch (error) {
      const why = printable((error as Error).message);
      this.terminal.err(`warning: the probe is not removed: ${why}; remove it with: ${this.command}\n`);
    }
  }

  private get arguments(): readonly string[] {
    const { ownsNamespace, namespace, selector } = this.scope;
    const where = ownsNamespace ? ['namespaces'] : [KINDS, '--namespace', namespace];
    return ['delete', ...where, '--selector', selector, '--wait=true'];
  }

  private get command(): string {
    return this.kubectl.commandLine(this.arguments);
  }
}
