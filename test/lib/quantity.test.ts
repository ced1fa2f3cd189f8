import { quantity } from '../../lib/workload/quantity';

describe('quantities of Kubernetes', () => {
  it.each<[unknown, number]>([
    ['64Mi', 67_108_864],
    ['1Gi', 1_073_741_824],
    ['1.5Ki', 1_536],
    ['500k', 500_000],
    ['2G', 2_000_000_000],
    ['1500m', 1.5],
    ['128974848', 128_974_848],
    ['129e6', 129_000_000],
    ['.5', 0.5],
    [42, 42],
  ])('%s', (text, expected) => {
    expect(quantity(text)).toBe(expected);
  });

  it.each([undefined, null, '', 'Mi', '64 Mi', '64MB', '64mi', '1e', {}])('%j is none', (text) => {
    expect(quantity(text)).toBeUndefined();
  });
});
