import { podFailureOf } from '../src/balance/pod-failure';

it.each<[string, string, string | undefined]>([
  ['connect', 'ECONNREFUSED', 'unreachable'],
  // A pod that ends resets what the kernel is still to hand to it.
  ['connect', 'ECONNRESET', 'unreachable'],
  ['connect', 'EMFILE', undefined],
  ['read', 'ECONNRESET', 'failing'],
  ['write', 'EPIPE', 'failing'],
])('a pod whose %s ends with %s counts as %s', (syscall, code, expected) => {
  expect(podFailureOf(Object.assign(new Error(code), { syscall, code }))).toBe(expected);
});
