import type { Dispatcher } from '@agentyard/runtime-kit';
import type { OutlierDetection } from 'agentyard/contract';

/**
 * Finds out whether a pod answers. Never rejects.
 *
 * @param through what pods of its Service are reached through; absent: what all are
 */
export type PodProbe = (origin: string, options: OutlierDetection['probe'], through?: Dispatcher) => Promise<boolean>;

/** A probe by HTTP: any answer below 500 is good, as servers that are not ours may not know the path. */
export function httpProbe(dispatcher: Dispatcher): PodProbe {
  return async (origin, { path, timeoutMs }, through = dispatcher) => {
    try {
      const signal = AbortSignal.timeout(timeoutMs);
      const { statusCode, body } = await through.request({ origin, path, method: 'GET', signal });
      await body.dump();
      return statusCode < 500;
    } catch {
      return false;
    }
  };
}
