/** Where text for the developer goes. */
export interface Terminal {
  /** Writes text to standard output. */
  out(text: string): void;
  /** Writes text to standard error. */
  err(text: string): void;
  /** Whether standard output shows colours. */
  readonly color: boolean;
}

/** This process's own streams; colours only on a terminal, and not when NO_COLOR is set. */
export function processTerminal(): Terminal {
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    color: process.stdout.isTTY === true && (process.env.NO_COLOR ?? '') === '',
  };
}
