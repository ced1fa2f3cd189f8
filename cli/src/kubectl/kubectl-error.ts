import { DevError } from '../dev/dev-error.js';
import { printable } from '../dev/log-line.js';
import type { Remedy } from './kubectl-use.js';

/** A kubectl that has failed, in its words, with what to do about it. */
export class KubectlError extends DevError {
  /** Reason that the API server gave, for example `NotFound`; empty if it gave none. */
  public readonly reason: string;

  /**
   * @param stderr all that it said
   * @param remedies of what it was used for
   */
  public constructor(
    public readonly stderr: string,
    remedies: readonly Remedy[] = [],
  ) {
    const lines = stderr.trim().split('\n');
    // What it logs of its tries (`E1126 09:03:36 ...`) is repeated by what it says in the end.
    const words = lines.filter((line) => !/^[EWIF]\d{4} /.test(line));
    const said =
      printable((words.length > 0 ? words : lines).slice(-3).join(' ')) || 'kubectl has failed without a word';
    const remedy = [...REMEDIES, ...remedies].find(({ pattern }) => pattern.test(said))?.text;
    super(remedy === undefined ? said : `${said}; ${remedy}`);
    this.name = 'KubectlError';
    this.reason = /Error from server \((\w+)\)/.exec(stderr)?.[1] ?? '';
  }
}

const REMEDIES: readonly Remedy[] = [
  {
    pattern: /Unauthorized|You must be logged in|provide credentials|getting credentials/,
    text: 'log in to the cluster again, or name another context with --context',
  },
  {
    pattern: /context "[^"]*" does not exist|context was not found/,
    text: '`kubectl config get-contexts` shows what there is',
  },
  {
    pattern: /localhost:8080 was refused|no configuration has been provided/,
    text: 'no cluster is chosen: name one with --context or --kubeconfig',
  },
  {
    pattern:
      /connection refused|was refused|no such host|i\/o timeout|deadline exceeded|Unable to connect|TLS handshake/i,
    text: 'the cluster does not answer: see whether it runs and whether this machine reaches it',
  },
];
