import { backOffMs } from '../src/back-off';

describe('the wait before Squid is started again', () => {
  it('doubles with each death, up to 30 s', () => {
    expect([1, 2, 3, 6, 7, 100, 100_000].map(backOffMs)).toEqual([500, 1_000, 2_000, 16_000, 30_000, 30_000, 30_000]);
  });
});
