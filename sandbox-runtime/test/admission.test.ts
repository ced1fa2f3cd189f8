import { Admission, Overloaded } from '../src/admission.js';

const never = new AbortController().signal;

describe('admission', () => {
  it('lets calls in up to the limit, queues the next, refuses the one after', async () => {
    const admission = new Admission(1, 1);
    const place = await admission.enter(never, Infinity);
    const queued = admission.enter(never, Infinity);
    await expect(admission.enter(never, Infinity)).rejects.toThrow(Overloaded);
    place.leave();
    (await queued).leave();
    await expect(admission.enter(never, Infinity)).resolves.toHaveProperty('leave');
  });

  it('has calls wait beside the queue for a place that is about to be free, which no longer runs', async () => {
    const admission = new Admission(1, 0);
    const place = await admission.enter(never, Infinity);
    expect(admission.load).toEqual({ inFlight: 1, queued: 0 });
    await expect(admission.enter(never, Infinity)).rejects.toThrow(Overloaded);
    place.vacate();
    const next = admission.enter(never, Infinity);
    await expect(admission.enter(never, Infinity)).rejects.toThrow(Overloaded);
    expect(admission.load).toEqual({ inFlight: 0, queued: 1 });
    place.leave();
    (await next).leave();
    expect(admission.places).toBe(0);
  });

  it('serves the queue in order', async () => {
    const admission = new Admission(1, 3);
    const order: number[] = [];
    const place = await admission.enter(never, Infinity);
    const queued = [1, 2, 3].map(async (n) => {
      const done = await admission.enter(never, Infinity);
      order.push(n);
      done.leave();
    });
    place.leave();
    await Promise.all(queued);
    expect(order).toEqual([1, 2, 3]);
  });

  it('gives the place of a cancelled call in the queue to another', async () => {
    const admission = new Admission(1, 1);
    const place = await admission.enter(never, Infinity);
    const client = new AbortController();
    const cancelled = admission.enter(client.signal, Infinity);
    client.abort(new Error('gone'));
    await expect(cancelled).rejects.toThrow('gone');
    const queued = admission.enter(never, Infinity);
    place.leave();
    await expect(queued).resolves.toHaveProperty('leave');
  });

  it('does not admit a call that was cancelled before', async () => {
    const admission = new Admission(1, 0);
    await expect(admission.enter(AbortSignal.abort(new Error('gone')), Infinity)).rejects.toThrow('gone');
    await expect(admission.enter(never, Infinity)).resolves.toHaveProperty('leave');
  });
});
