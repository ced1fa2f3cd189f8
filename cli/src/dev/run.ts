import { once } from 'node:events';
import { banner } from './banner.js';
import { DevError } from './dev-error.js';
import { printableText } from './log-line.js';
import { LocalPlatform } from './platform.js';
import { ask } from './question.js';
import type { RuntimeMains } from './runtimes.js';
import type { Terminal } from './terminal.js';

/** Options of `agentyard dev`, named as on the command line. */
export interface DevOptions {
  readonly manifestsDirectory: string;
  readonly runtimes: RuntimeMains;
  readonly port?: number;
  readonly replicas?: Readonly<Record<string, number>>;
  readonly envFile?: Readonly<Record<string, string>>;
  readonly mount?: Readonly<Record<string, string>>;
  readonly logsDir?: boolean;
  readonly watch?: boolean;
  readonly quiet?: boolean;
  readonly ask?: string;
  readonly agent?: string;
  readonly intent?: string;
  readonly once?: boolean;
}

/**
 * Runs the platform until the signal is aborted or, with `once`, until the question is answered.
 *
 * @returns the exit code: 0 when it ended as asked, 1 when something is wrong, which is then told
 */
export async function runDev(options: DevOptions, terminal: Terminal, signal: AbortSignal): Promise<number> {
  let platform: LocalPlatform | undefined;
  signal.addEventListener('abort', () => terminal.out('ending; Ctrl-C again kills at once\n'), { once: true });
  try {
    platform = await startPlatform(options, terminal, signal);
    return await serve(platform, options, terminal, signal);
  } catch (error) {
    if (signal.aborted) return 0;
    terminal.err(`error: ${error instanceof DevError ? error.message : String((error as Error).stack)}\n`);
    return 1;
  } finally {
    await platform?.stop();
  }
}

function startPlatform(options: DevOptions, terminal: Terminal, signal: AbortSignal): Promise<LocalPlatform> {
  return LocalPlatform.start({ ...options, envFiles: options.envFile, mounts: options.mount, terminal, signal });
}

async function serve(
  platform: LocalPlatform,
  options: DevOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<number> {
  terminal.out(banner(platform, terminal.color));
  if (options.logsDir === true) terminal.out(`Logs: ${platform.logsDirectory}\n\n`);
  if (options.ask !== undefined) {
    const answered = await answerQuestion(platform, { ...options, ask: options.ask }, terminal, signal);
    if (options.once === true) return answered ? 0 : 1;
  }
  if (signal.aborted) return 0;
  const failure = await Promise.race([platform.failure, once(signal, 'abort').then(() => undefined)]);
  if (failure !== undefined) throw failure;
  return 0;
}

/** Asks and prints. A problem ends the command only with `once`. */
async function answerQuestion(
  platform: LocalPlatform,
  options: DevOptions & { readonly ask: string },
  terminal: Terminal,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    const [gateway] = platform.gateways;
    if (gateway === undefined)
      throw new DevError('--ask needs a gateway among the manifests; add one and synthesize again');
    terminal.out(`\n> ${options.ask}\n\n`);
    const question = { text: options.ask, agent: options.agent, intent: options.intent };
    await ask(gateway, question, terminal, signal);
    return true;
  } catch (error) {
    if (signal.aborted || !(error instanceof DevError)) throw error;
    terminal.err(`error: ${printableText(error.message)}\n`);
    return false;
  }
}
