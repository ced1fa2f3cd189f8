import { environmentIn, passedOn } from './passed-on.js';

const MEBIBYTE = 1024 * 1024;
/** What Node itself takes up beside the JavaScript heap. */
const NODE_BYTES = 48 * MEBIBYTE;

/** What a call's process may read, write and see. */
export interface ConfinementOptions {
  /** Absolute path of the bundled child program. */
  readonly childProgram: string;
  readonly toolsDirectory: string;
  /** Absolute path of each data root, by its name. */
  readonly data: Readonly<Record<string, string>>;
  readonly memoryBytes: number;
  readonly subprocesses: boolean;
  /** Names of further variables that tools see. */
  readonly environment: readonly string[];
}

/** Turns what a toolset allows into the flags and the environment of its processes. */
export class Confinement {
  public constructor(private readonly options: ConfinementOptions) {}

  public get data(): Readonly<Record<string, string>> {
    return this.options.data;
  }

  /** What tools may read beside their scratch folders: absolute paths of files and folders. */
  public get readable(): string[] {
    const { childProgram, toolsDirectory, data } = this.options;
    return [childProgram, toolsDirectory, ...Object.values(data)];
  }

  /** Whether tools may start processes. */
  public get subprocesses(): boolean {
    return this.options.subprocesses;
  }

  /** Arguments of the Node binary, the program included. */
  public nodeArguments(scratch: string): string[] {
    const { childProgram, subprocesses } = this.options;
    return [
      '--permission',
      ...[...this.readable, scratch].map((path) => `--allow-fs-read=${path}`),
      `--allow-fs-write=${scratch}`,
      ...(subprocesses ? ['--allow-child-process'] : []),
      // SQLite opens files past the permissions: by ATTACH, by VACUUM INTO and by its backup.
      '--no-experimental-sqlite',
      // A tool of another call could send this signal, and read this call through the debugger that it opens.
      '--disable-sigusr1',
      `--max-old-space-size=${this.heapMebibytes()}`,
      childProgram,
    ];
  }

  /** The environment: what is named here, and nothing else of the runtime's. */
  public environment(scratch: string, callId: string): Record<string, string> {
    return environmentIn(this.options.environment, scratch, callId);
  }

  /** Variables of the runtime that tools see. */
  public get passedOn(): Record<string, string> {
    return passedOn(this.options.environment);
  }

  /** V8 collects garbage harder near this size and ends the process above it; off the heap the sampler watches. */
  private heapMebibytes(): number {
    const { memoryBytes } = this.options;
    return Math.max(8, Math.floor(Math.max(memoryBytes - NODE_BYTES, memoryBytes / 2) / MEBIBYTE));
  }
}
