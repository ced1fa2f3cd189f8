import type { Dispatcher } from '@agentyard/runtime-kit';
import type { OutlierDetection } from 'agentyard/contract';

/** Finds out whether a pod answers. Never rejects. */
export type PodProbe = (origin: string, options: OutlierDetection['probe']) => Promise<boolean>;

/** A probe by HTTP: any answer below 500 is good, as servers that are not ours may not know the path. */
export function httpProbe(dispatcher: Dispatcher): PodProbe {
  return async (origin, { path, timeoutMs }) => {
    try {
      const signal = AbortSignal.timeout(timeoutMs);
      const { statusCode, body } = await dispatcher.request({ origin, path, method: 'GET', signal });
      await body.dump();
      return statusCode < 500;
    } catch {
      return false;
    }
  };
}
