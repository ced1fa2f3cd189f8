/** What a process that the bench starts says to it, and is asked by it. */

/** A question of the bench. */
export interface Asked {
  readonly id: number;
  readonly question: string;
  readonly argument: unknown;
}

/** What the bench is told: that the process is ready, or what the answer to a question is. */
export type Told =
  { readonly ready: unknown } | { readonly id: number; readonly answer?: unknown; readonly error?: string };

type Answers = Readonly<Record<string, (argument: never) => unknown>>;

/** What the bench gave the process to start with. */
export function startArgument<T>(): T {
  return JSON.parse(process.argv[2]!) as T;
}

/** Says that the process is ready, answers questions from now on, and ends with the bench. */
export function serveParent(ready: unknown, answers: Answers = {}): void {
  process.on('message', (asked: Asked) => void answer(asked, answers));
  process.on('disconnect', () => process.exit());
  tell({ ready });
}

async function answer({ id, question, argument }: Asked, answers: Answers): Promise<void> {
  try {
    tell({ id, answer: await answers[question]!(argument as never) });
  } catch (error) {
    tell({ id, error: (error as Error).message });
  }
}

function tell(told: Told): void {
  process.send!(told);
}
