import { watch } from 'chokidar';

/** A synthesis writes many files: the change counts once nothing was written for this long. */
const SETTLED_AFTER_MS = 400;

/**
 * Calls back after the files of a folder have changed, one call at a time.
 *
 * @returns ends the watch, and resolves when a call in progress is done
 */
export async function watchManifests(directory: string, onChange: () => Promise<void>): Promise<() => Promise<void>> {
  let timer: NodeJS.Timeout | undefined;
  let calls = Promise.resolve();
  const watcher = watch(directory, { ignoreInitial: true });
  watcher.on('all', () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      calls = calls.then(onChange);
    }, SETTLED_AFTER_MS);
  });
  await new Promise<void>((resolve, reject) => {
    watcher.once('ready', () => resolve());
    watcher.once('error', reject);
  });
  watcher.on('error', () => clearTimeout(timer));
  return async () => {
    clearTimeout(timer);
    await watcher.close();
    await calls;
  };
}
