import { Turns } from '../src/auth/turns';
import { eventually } from './fixture';

/** Something that goes on until it is ended. */
function held() {
  let end: (failed?: boolean) => void = () => undefined;
  const running = new Promise<void>((resolve, reject) => {
    end = (failed = false) => (failed ? reject(new Error('failed')) : resolve());
  });
  return { run: () => running, end };
}

describe('Turns', () => {
  it('lets so many go at the same time, and the others in the order in which they came', async () => {
    const turns = new Turns(2, 2);
    const things = Array.from({ length: 4 }, held);
    const begun: number[] = [];
    const ends = things.map(({ run }, i) =>
      turns.run(() => {
        begun.push(i);
        return run();
      }),
    );
    expect([begun, turns.isFull]).toEqual([[0, 1], true]);
    things[1]?.end();
    await eventually(() => begun.length === 3);
    expect([begun, turns.isFull]).toEqual([[0, 1, 2], false]);
    for (const { end } of things) end();
    await Promise.all(ends);
    expect(begun).toEqual([0, 1, 2, 3]);
  });

  it('goes on after one that fails', async () => {
    const turns = new Turns(1, 1);
    const [first, second] = [held(), held()];
    const failing = turns.run(first.run);
    const waiting = turns.run(second.run);
    first.end(true);
    second.end();
    await expect(failing).rejects.toThrow('failed');
    await waiting;
    expect(turns.isFull).toBe(false);
    expect(await turns.run(() => Promise.resolve('next'))).toBe('next');
  });
});
