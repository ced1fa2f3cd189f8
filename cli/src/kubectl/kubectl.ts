import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { DevError } from '../dev/dev-error.js';
import { KubectlError } from './kubectl-error.js';
import type { KubectlUse } from './kubectl-use.js';
import { withPrivateFile } from './private-file.js';

/** Which cluster kubectl talks to, as its own flags of these names. */
export interface ClusterChoice {
  readonly context?: string;
  readonly kubeconfig?: string;
}

/** What a kubectl has come to. */
export interface KubectlResult {
  readonly out: string;
  readonly err: string;
  /** Exit code, or the signal that has ended it. */
  readonly end: number | string;
}

/** Longest time that one request may take, so that a cluster that is gone does not hold the command. */
const REQUEST_TIMEOUT = '20s';

/** The machine's own kubectl, which brings the user's contexts and ways to log in. */
export class Kubectl {
  private readonly flags: readonly string[];

  /**
   * @param use what it is used for
   * @param program what runs kubectl with these words and this input
   */
  public constructor(
    private readonly choice: ClusterChoice,
    private readonly use: KubectlUse,
    private readonly program: (args: readonly string[], input: string) => Promise<KubectlResult> = runKubectl,
  ) {
    const { context, kubeconfig } = choice;
    this.flags = [
      ...(context === undefined ? [] : ['--context', context]),
      ...(kubeconfig === undefined ? [] : ['--kubeconfig', kubeconfig]),
    ];
  }

  /** Name of the context, for people. */
  public async context(): Promise<string> {
    try {
      return this.choice.context ?? (await this.run(['config', 'current-context'])).trim();
    } catch {
      // Inside of a cluster kubectl needs none.
      return 'in-cluster';
    }
  }

  /** A command as a user would type it. */
  public commandLine(args: readonly string[]): string {
    return ['kubectl', ...this.flags, ...args].join(' ');
  }

  /** Runs a command and gives its output. @throws KubectlError when it fails */
  public async run(args: readonly string[], input = ''): Promise<string> {
    const { out, err, end } = await this.program([...this.flags, ...args], input);
    if (end === 0) return out;
    throw new KubectlError(typeof end === 'string' ? `kubectl was ended by ${end}` : err, this.use.remedies);
  }

  /** Runs a request that the server answers within a bounded time. */
  public request(args: readonly string[], input?: string): Promise<string> {
    return this.run([`--request-timeout=${REQUEST_TIMEOUT}`, ...args], input);
  }

  /** Reads a path of the API. */
  public async raw(path: string): Promise<unknown> {
    return parsed(await this.request(['get', '--raw', path]));
  }

  /** As `raw`, but undefined for what the API server does not serve. */
  public async rawIfServed(path: string): Promise<unknown> {
    try {
      return await this.raw(path);
    } catch (error) {
      if (error instanceof KubectlError && error.reason === 'NotFound') return undefined;
      throw error;
    }
  }

  /** Objects of a kind in a namespace, by label. */
  public async list(kind: string, namespace: string, selector: string): Promise<readonly unknown[]> {
    const answer = await this.request(['get', kind, '--namespace', namespace, '--selector', selector, '--output=json']);
    return (parsed(answer) as { readonly items?: readonly unknown[] }).items ?? [];
  }

  /** The object of a name, with who has written which field; undefined if there is none. */
  public async find(kind: string, namespace: string, name: string): Promise<unknown> {
    try {
      return parsed(
        await this.request(['get', kind, name, '--namespace', namespace, '--output=json', '--show-managed-fields']),
      );
    } catch (error) {
      if (error instanceof KubectlError && error.reason === 'NotFound') return undefined;
      throw error;
    }
  }

  /** Creates an object; fails if it is there. */
  public async create(object: object, flags: readonly string[] = []): Promise<void> {
    await this.request(['create', ...flags, this.fieldManager, '--filename=-'], JSON.stringify(object));
  }

  /** Makes an object what is given, whether it is there or not. */
  public async apply(object: object): Promise<void> {
    await this.request(['apply', '--server-side', this.fieldManager, '--filename=-'], JSON.stringify(object));
  }

  /** Changes the members of an object that a patch names, as a JSON merge patch (RFC 7386) does: null removes one. */
  public async merge(kind: string, namespace: string, name: string, patch: object): Promise<void> {
    const what = ['patch', kind, name, '--namespace', namespace, '--type=merge'];
    // Not as an argument, since those of a process are shown to everybody on the machine; and kubectl reads none as input.
    await withPrivateFile(JSON.stringify(patch), (file) =>
      this.request([...what, this.fieldManager, `--patch-file=${file}`]),
    );
  }

  private get fieldManager(): string {
    return `--field-manager=${this.use.fieldManager}`;
  }
}

async function runKubectl(args: readonly string[], input: string): Promise<KubectlResult> {
  const child = spawn('kubectl', args, { stdio: 'pipe' });
  const failure = new Promise<never>((_, reject) => child.on('error', reject));
  // It may end without having read all; what went wrong then stands on its standard error.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const ended = new Promise<KubectlResult['end']>((resolve) =>
    child.on('close', (code, signal) => resolve(code ?? signal ?? 0)),
  );
  try {
    const result = Promise.all([ended, text(child.stdout), text(child.stderr)]);
    const [end, out, err] = await Promise.race([result, failure]);
    return { end, out, err };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new DevError(code === 'ENOENT' ? MISSING : `kubectl cannot be run: ${message}`);
  }
}

const MISSING =
  'kubectl is not on the PATH; install it (https://kubernetes.io/docs/tasks/tools/), since contexts and ways to log in are its';

function parsed(output: string): unknown {
  try {
    return JSON.parse(output);
  } catch {
    throw new DevError('kubectl answers with something that is not JSON; is the first kubectl on the PATH a real one?');
  }
}
