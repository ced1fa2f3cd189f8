import { setTimeout as sleep } from 'node:timers/promises';

const LIMIT_MS = 50_000;

/** Waits until something is there. @throws Error when it does not come */
export async function until<T>(find: () => T | undefined | false | Promise<T | undefined | false>): Promise<T> {
  for (const end = Date.now() + LIMIT_MS; Date.now() < end; await sleep(10)) {
    const found = await find();
    if (found !== undefined && found !== false) return found;
  }
  throw new Error(`did not come within ${LIMIT_MS} ms: ${find.toString()}`);
}
