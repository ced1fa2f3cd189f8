// Registers the matchers with jest, or with any other runner that has a global `expect` like jest's.
import type { CallMatchers } from './call-matchers';
import { matchers } from './matchers';
import type { ReachabilityMatchers } from './reachability-matchers';

declare global {
  // eslint-disable-next-line @typescript-eslint/no-namespace -- the form that @types/jest has
  namespace jest {
    // eslint-disable-next-line @typescript-eslint/no-unused-vars, @typescript-eslint/no-empty-object-type -- must be as @types/jest declares it
    interface Matchers<R, T = {}> extends ReachabilityMatchers<R>, CallMatchers<R> {}
  }
}

declare module 'expect' {
  // eslint-disable-next-line @typescript-eslint/no-unused-vars -- must be as @jest/globals declares it
  interface Matchers<R extends void | Promise<void>, T = unknown> extends ReachabilityMatchers<R>, CallMatchers<R> {}
}

interface Extensible {
  extend(more: typeof matchers): void;
}

const { expect } = globalThis as { expect?: Extensible };
if (expect === undefined) {
  throw new Error(
    "There is no global expect to register with. Import this file where tests run, or call expect.extend(matchers) with the matchers of 'agentyard/testing'.",
  );
}
expect.extend(matchers);
