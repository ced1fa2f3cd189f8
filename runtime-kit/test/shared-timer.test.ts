import { startTimed, stopTimed, type Timed } from '../src/shared-timer';

beforeEach(() => {
  jest.useFakeTimers();
});

afterEach(() => {
  jest.runOnlyPendingTimers();
  jest.useRealTimers();
});

const over: string[] = [];

/** Something whose time is over after so many milliseconds. */
function timed(name: string, ms: number, onDue = () => {}): Timed {
  const made: Timed = {
    place: -1,
    due: performance.now() + ms,
    onDue() {
      over.push(name);
      onDue();
    },
  };
  startTimed(made);
  return made;
}

/** Names of those whose time is over since it was asked last. */
const told = (): string[] => over.splice(0);

it('tells each when its time is over, whichever began first', () => {
  timed('long', 3_000);
  timed('short', 1_000);
  timed('middle', 2_000);
  jest.advanceTimersByTime(999);
  expect(told()).toEqual([]);
  jest.advanceTimersByTime(2);
  expect(told()).toEqual(['short']);
  jest.advanceTimersByTime(1_000);
  expect(told()).toEqual(['middle']);
  jest.advanceTimersByTime(1_000);
  expect(told()).toEqual(['long']);
});

it('tells nothing to who has stopped, and goes on for the others', () => {
  const first = timed('first', 1_000);
  const second = timed('second', 1_500);
  stopTimed(first);
  stopTimed(first);
  jest.advanceTimersByTime(1_400);
  expect(told()).toEqual([]);
  jest.advanceTimersByTime(200);
  expect(told()).toEqual(['second']);
  stopTimed(second);
});

it('takes those that begin or stop while others are told', () => {
  const stopped = timed('stopped', 2_000);
  timed('first', 1_000, () => {
    stopTimed(stopped);
    timed('next', 500);
  });
  jest.advanceTimersByTime(1_001);
  expect(told()).toEqual(['first']);
  jest.advanceTimersByTime(2_000);
  expect(told()).toEqual(['next']);
});

it('uses one timer, however many wait', () => {
  const waiting = Array.from({ length: 100 }, (_, i) => timed(String(i), 15_000 + i));
  expect(jest.getTimerCount()).toBe(1);
  waiting.forEach(stopTimed);
});
