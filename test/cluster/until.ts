import { setTimeout as sleep } from 'node:timers/promises';

/** Asks until the answer is no longer undefined, since controllers work in their own time; gives up after a minute. */
export async function until<T>(what: string, ask: () => Promise<T | undefined>): Promise<T> {
  const end = Date.now() + 60_000;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > end) throw new Error(`Waited a minute in vain: ${what}`);
    await sleep(50);
  }
}
