import type { UserClaimSigner } from '@agentyard/runtime-kit';
import type { Caller } from '../src/auth/caller';
import { SignedClaims } from '../src/identity/signed-claims';
import type { Callee } from '../src/identity/upstream-identity';

const ALICE: Caller = { user: 'alice', roles: new Set(['viewer']), by: 'api-key' };
const LOGS: Callee = {
  serviceToken: { audience: 'agentyard:agents/logs', file: '/tokens/logs' },
  audiences: ['agentyard:agents/logs'],
  presenter: 'system:serviceaccount:agents:gateway',
  timeoutMs: 10_000,
};

/** Claims of a signer that writes down what it signs, on a clock that is set by hand. */
function claims() {
  const signed: { readonly claim: Record<string, unknown>; readonly lifetimeMs: number }[] = [];
  const clock = { now: 0 };
  const signer = {
    sign: (claim: Record<string, unknown>, lifetimeMs: number) => {
      signed.push({ claim, lifetimeMs });
      return Promise.resolve(`claim ${signed.length}`);
    },
  };
  const made = new SignedClaims('agentyard:agents/gateway', signer as unknown as UserClaimSigner, () => clock.now);
  return { claims: made, clock, signed };
}

it('go along with the next calls of the same user for 10 s, and live on for the whole time of a call after that', async () => {
  const { claims: made, clock, signed } = claims();
  expect(await made.of(ALICE, LOGS)).toBe('claim 1');
  clock.now = 9_999;
  expect(await made.of({ ...ALICE, by: 'access-token' }, { ...LOGS })).toBe('claim 1');
  clock.now = 10_000;
  expect(await made.of(ALICE, LOGS)).toBe('claim 2');
  expect(signed.map(({ lifetimeMs }) => lifetimeMs)).toEqual([40_000, 40_000]);
  expect(new Set(signed.map(({ claim }) => claim.jti)).size).toBe(2);
});

it.each<[string, Partial<Caller>, Partial<Callee>]>([
  ['another user', { user: 'bob' }, {}],
  ['a user of the same name of another issuer', { issuer: 'https://sso.example.com' }, {}],
  ['a user who has other roles now', { roles: new Set(['viewer', 'admin']) }, {}],
  ['a user who has no role any more', { roles: new Set() }, {}],
  ['another callee', {}, { audiences: ['agentyard:agents/files'] }],
  ['another presenter', {}, { presenter: 'system:serviceaccount:agents:support' }],
  ['a longer call', {}, { timeoutMs: 60_000 }],
])('never go along for %s', async (_, caller, callee) => {
  const { claims: made } = claims();
  expect(await made.of(ALICE, LOGS)).toBe('claim 1');
  expect(await made.of({ ...ALICE, ...caller }, { ...LOGS, ...callee })).toBe('claim 2');
});

it('are not mixed up by names that look like two', async () => {
  const { claims: made } = claims();
  await made.of({ ...ALICE, roles: new Set(['a', 'b']) }, LOGS);
  expect(await made.of({ ...ALICE, roles: new Set(['a,b']) }, LOGS)).toBe('claim 2');
  expect(await made.of({ ...ALICE, roles: new Set(['a","b']) }, LOGS)).toBe('claim 3');
});

it('are bounded in number: the oldest goes', async () => {
  const { claims: made, signed } = claims();
  for (let i = 0; i <= 10_000; i += 1) await made.of({ ...ALICE, user: `user-${i}` }, LOGS);
  await made.of({ ...ALICE, user: 'user-1' }, LOGS);
  expect(signed).toHaveLength(10_001);
  await made.of({ ...ALICE, user: 'user-0' }, LOGS);
  expect(signed).toHaveLength(10_002);
});
