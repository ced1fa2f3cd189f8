import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Finding, Linter } from './finding';
import { pythonPrograms } from './python-environment';

const run = promisify(execFile);

/** `--soft-fail`: findings are told by what is printed, so that another exit code is a failure of checkov itself. */
const OPTIONS = [
  '--framework',
  'kubernetes',
  '--output',
  'json',
  '--compact',
  '--quiet',
  '--skip-download',
  '--soft-fail',
];

interface Report {
  readonly results?: { readonly failed_checks: readonly FailedCheck[] };
  readonly summary?: { readonly parsing_errors: number };
}

interface FailedCheck {
  readonly check_id: string;
  readonly check_name: string;
  /** `Deployment.agents.support` */
  readonly resource: string;
}

/** checkov, with all of its checks of Kubernetes objects. */
export function checkov(): Linter {
  const program = path.join(pythonPrograms('checkov', path.join(__dirname, 'checkov/requirements.txt')), 'checkov');
  return {
    judge: async (folder) => {
      const { stdout } = await run(program, ['--directory', folder, ...OPTIONS], { maxBuffer: 1 << 28 });
      const { results, summary } = JSON.parse(stdout) as Report;
      if (!results || summary?.parsing_errors !== 0) throw new Error(`checkov cannot read ${folder}: ${stdout}`);
      return results.failed_checks.map(finding);
    },
  };
}

function finding({ check_id: check, check_name: message, resource }: FailedCheck): Finding {
  const [kind = '', namespace = '', ...name] = resource.split('.');
  return { tool: 'checkov', check, message, object: `${kind} ${namespace}/${name.join('.')}` };
}
