import { createLogger, Departure } from '@agentyard/runtime-kit';
import { createDispatcher } from '../../runtime-kit/src/dispatcher';
import { SessionPool } from '../src/mcp/upstream/session-pool';
import type { UpstreamTarget } from '../src/mcp/upstream/target';
import { cleanUp, eventually, onCleanUp } from './fixture';
import { got, startForeign } from './mcp-server-fixture';

const IDLE_MS = 300_000;

afterEach(async () => {
  jest.useRealTimers();
  await cleanUp();
});

/** A pool whose time the test makes, and sessions of one user in it. */
async function pooled() {
  const server = await startForeign('a', 'legacy', (each) => void each.registerTool('x', {}, () => ({ content: [] })));
  jest.useFakeTimers({
    now: 0,
    doNotFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'nextTick', 'queueMicrotask'],
  });
  const clock = { now: 0 };
  const pool = new SessionPool(() => clock.now);
  onCleanUp(() => pool.close());
  const dispatcher = createDispatcher(undefined, {});
  onCleanUp(() => dispatcher.destroy());
  const target = {
    name: 'a',
    path: '/mcp',
    listTimeoutMs: 5_000,
    dispatcher,
    withOrigin: (use: (origin: string) => Promise<unknown>) => use(new URL(server.url).origin),
    headersFor: () => Promise.resolve({}),
    refuses: () => false,
  } as unknown as UpstreamTarget;
  const log = createLogger({ component: 'test', name: 'pool', namespace: 'test' }, { write: () => undefined });
  const opening = {
    caller: { user: 'ann', roles: new Set<string>(), by: 'api-key' as const },
    context: { requestId: 'r', log, departure: new Departure() },
    clientInfo: { name: 'test', version: '1' },
    capabilities: {},
    timeoutMs: 5_000,
  };
  const pass = (ms: number): void => {
    clock.now += ms;
    jest.advanceTimersByTime(IDLE_MS / 10);
  };
  return { pool, pass, open: () => pool.sessionFor(target, opening), server, target, opening };
}

it('a session is ended when it is idle, and not while a call goes on in it', async () => {
  const { pool, pass, open, server } = await pooled();
  const session = await open();
  const ended = pool.begin(session);
  pass(2 * IDLE_MS);
  expect((await open()).id).toBe(session.id);
  pass(2 * IDLE_MS);
  ended();
  pass(IDLE_MS - 1);
  expect(server.requests.filter(({ method }) => method === 'DELETE')).toHaveLength(0);
  pass(1);
  await eventually(() => server.requests.some(({ method }) => method === 'DELETE'));
  expect((await open()).id).not.toBe(session.id);
});

it('who says last that a session is gone does not have the next one forgotten', async () => {
  const { pool, open, server, target, opening } = await pooled();
  const session = await open();
  pool.drop(target, opening, session);
  const next = await open();
  pool.drop(target, opening, session);
  expect((await open()).id).toBe(next.id);
  expect(got(server, 'initialize')).toHaveLength(2);
});
