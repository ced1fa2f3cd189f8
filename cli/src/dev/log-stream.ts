import { createWriteStream, mkdirSync, type WriteStream } from 'node:fs';
import path from 'node:path';
import { createColors } from 'picocolors';
import { printable, renderLogLine } from './log-line.js';
import type { Terminal } from './terminal.js';

const PAINTS = ['cyan', 'magenta', 'green', 'blue', 'yellow'] as const;

/** The lines of all runtimes: each is kept in `<deployment>.log` as it is, and shown as `name | line` unless quiet. */
export class LogStream {
  private readonly files = new Map<string, WriteStream>();
  private readonly paints = new Map<string, (typeof PAINTS)[number]>();
  private width = 0;

  public constructor(
    private readonly directory: string,
    private readonly terminal: Terminal,
    private readonly quiet: boolean,
  ) {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  }

  /**
   * Takes one line.
   *
   * @param deployment name of the Deployment, which names the file
   * @param label what the line is shown under
   */
  public line(deployment: string, label: string, text: string): void {
    this.fileOf(deployment).write(`${text}\n`);
    if (!this.quiet) this.show(label, renderLogLine(text, this.terminal.color));
  }

  /** Shows a line of the command's own about a workload, also when quiet. */
  public notice(label: string, text: string): void {
    this.show(label, printable(text));
  }

  /** Resolves when all that was taken is in the files. */
  public async close(): Promise<void> {
    await Promise.all([...this.files.values()].map((file) => new Promise<void>((resolve) => file.end(resolve))));
    this.files.clear();
  }

  private show(label: string, text: string): void {
    this.width = Math.max(this.width, label.length);
    this.terminal.out(
      `${createColors(this.terminal.color)[this.paintOf(label)](label.padEnd(this.width))} | ${text}\n`,
    );
  }

  private paintOf(label: string): (typeof PAINTS)[number] {
    const paint = this.paints.get(label) ?? PAINTS[this.paints.size % PAINTS.length] ?? 'cyan';
    this.paints.set(label, paint);
    return paint;
  }

  private fileOf(deployment: string): WriteStream {
    let file = this.files.get(deployment);
    if (file === undefined) {
      file = createWriteStream(path.join(this.directory, `${deployment}.log`), { flags: 'a', mode: 0o600 });
      this.files.set(deployment, file);
    }
    return file;
  }
}
