import type { A2aTask } from '../src/a2a/a2a-task';
import { TaskShelf } from '../src/a2a/task-shelf';

type Sketch = Partial<Pick<A2aTask, 'owner' | 'size' | 'endedAt'>> & { readonly contextId?: string };

const task = (id: string, { owner = 'ada', size = 10, endedAt, contextId = 'c' }: Sketch = {}): A2aTask =>
  ({ names: { id, contextId }, owner, size, endedAt, hasEnded: endedAt !== undefined }) as A2aTask;

const MINUTE = 60_000;

describe('TaskShelf', () => {
  let shelf: TaskShelf;
  let now: number;

  beforeEach(() => {
    shelf = new TaskShelf();
    now = 1_000 * MINUTE;
    jest.spyOn(performance, 'now').mockImplementation(() => now);
  });
  afterEach(() => jest.restoreAllMocks());

  const ids = () => shelf.all().map(({ names }) => names.id);

  it('finds a task for its owner alone', () => {
    shelf.put(task('a'));
    expect([shelf.find('a', 'ada')?.names.id, shelf.find('a', 'eve'), shelf.has('a')]).toEqual(['a', undefined, true]);
    expect([shelf.inContext('c', 'ada').length, shelf.inContext('c', 'eve').length]).toEqual([1, 0]);
  });

  it('keeps what has ended for an hour, and what runs for as long as it does', () => {
    shelf.put(task('ended', { endedAt: now }));
    shelf.put(task('runs'));
    now += 59 * MINUTE;
    expect(shelf.find('ended', 'ada')).toBeDefined();
    now += 2 * MINUTE;
    expect([shelf.find('ended', 'ada'), shelf.has('runs')]).toEqual([undefined, true]);
  });

  it('makes room among the ended ones of the same owner, the oldest first', () => {
    shelf.put(task('of-ben', { owner: 'ben', endedAt: now }));
    shelf.put(task('runs'));
    for (let i = 0; i < 105; i += 1) expect(shelf.put(task(`t${i}`, { endedAt: now }))).toBe(true);
    expect(ids().slice(0, 3)).toEqual(['of-ben', 'runs', 't6']);
    expect(shelf.all()).toHaveLength(101);
  });

  it('makes room for long texts, too', () => {
    shelf.put(task('long', { size: 3_000_000, endedAt: now }));
    shelf.put(task('longer', { size: 3_000_000, endedAt: now }));
    expect(ids()).toEqual(['longer']);
  });

  it('has an end for all together', () => {
    for (let i = 0; i < 1_001; i += 1) shelf.put(task(`t${i}`, { owner: `user-${i}`, endedAt: now }));
    expect([shelf.all().length, shelf.has('t0'), shelf.has('t1000')]).toEqual([1_000, false, true]);
  });

  it('takes no more of an owner whose tasks all run', () => {
    for (let i = 0; i < 100; i += 1) shelf.put(task(`t${i}`));
    expect([shelf.put(task('one-more')), shelf.has('one-more')]).toEqual([false, false]);
    expect(shelf.put(task('of-ben', { owner: 'ben' }))).toBe(true);
  });
});
