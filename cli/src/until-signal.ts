const EXIT_KILLED = 130;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Runs until done; aborts at the first signal to end. At the second this process exits, which kills its children. */
export async function untilSignal(run: (signal: AbortSignal) => Promise<number>): Promise<number> {
  const ending = new AbortController();
  const onSignal = () => {
    if (ending.signal.aborted) process.exit(EXIT_KILLED);
    ending.abort();
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  try {
    return await run(ending.signal);
  } finally {
    for (const signal of SIGNALS) process.removeListener(signal, onSignal);
  }
}
