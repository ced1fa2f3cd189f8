// Registers the matchers with jest, or with any other runner that has a global `expect` like jest's.
import { matchers, type ReachabilityMatchers } from './matchers';

declare global {
  // eslint-disable-next-line @typescript-eslint/no-namespace -- the form that @types/jest has
  namespace jest {
    // eslint-disable-next-line @typescript-eslint/no-unused-vars, @typescript-eslint/no-empty-object-type -- must be as @types/jest declares it
    interface Matchers<R, T = {}> extends ReachabilityMatchers<R> {}
  }
}

declare module 'expect' {
  // eslint-disable-next-line @typescript-eslint/no-unused-vars, @typescript-eslint/no-empty-object-type -- must be as @jest/globals declares it
  interface Matchers<R extends void | Promise<void>, T = unknown> extends ReachabilityMatchers<R> {}
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
