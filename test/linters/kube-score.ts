import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { goBinary } from '../cluster/go-binary';
import type { Finding, Linter } from './finding';

const run = promisify(execFile);

/** All checks, also those that one has to ask for, whatever annotations say. */
const OPTIONS = [
  '--all-default-optional',
  '--disable-ignore-checks-annotations',
  '--disable-optional-checks-annotations',
];

/** Grade of what has nothing to be said against it; 7 is for remarks, 5 for warnings and 1 for what is critical. */
const ALL_WELL = 10;
/** Exit code that says that there are findings. */
const FOUND = 1;

interface Scored {
  readonly type_meta: { readonly kind: string };
  readonly object_meta: { readonly name: string; readonly namespace?: string };
  readonly checks: readonly {
    readonly check: { readonly id: string };
    readonly grade: number;
    readonly skipped: boolean;
    readonly comments: readonly { readonly summary: string }[] | null;
  }[];
}

/** kube-score, of which every object of a folder is given at once, since it also judges what belongs together. */
export function kubeScore(): Linter {
  const program = goBinary(path.join(__dirname, 'kube-score'), 'github.com/zegl/kube-score/cmd/kube-score');
  return {
    judge: async (folder) => {
      const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'));
      const args = ['score', ...OPTIONS, '--kubernetes-version', 'v1.30', '--output-format', 'json', ...files];
      return (JSON.parse(await printed(program, args, folder)) as Scored[]).flatMap(findings);
    },
  };
}

async function printed(program: string, args: readonly string[], cwd: string): Promise<string> {
  try {
    return (await run(program, args, { cwd, maxBuffer: 1 << 28 })).stdout;
  } catch (error) {
    const { code, stdout } = error as { code?: unknown; stdout?: string };
    if (code !== FOUND || !stdout?.startsWith('[')) throw error;
    return stdout;
  }
}

function findings({ type_meta: { kind }, object_meta: { name, namespace = '' }, checks }: Scored): Finding[] {
  return checks
    .filter(({ grade, skipped }) => !skipped && grade < ALL_WELL)
    .map(({ check, comments }) => ({
      tool: 'kube-score',
      check: check.id,
      message: (comments ?? []).map(({ summary }) => summary).join('; '),
      object: `${kind} ${namespace}/${name}`,
    }));
}
