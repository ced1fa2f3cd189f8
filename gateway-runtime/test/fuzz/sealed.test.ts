import { generateKeyPairSync } from 'node:crypto';
import path from 'node:path';
import { SealingKeys } from '@agentyard/runtime-kit';
import fc from 'fast-check';
import { fuzz, oddText, wellFormed } from '../../../runtime-kit/test/fuzz/fuzz';
import type { Caller } from '../../src/auth/caller';
import { PeerEnvelopes } from '../../src/mcp/peers/peer-envelope';
import { HeldCalls } from '../../src/mcp/relay/held-calls';
import { PendingAsks } from '../../src/mcp/relay/pending-asks';
import { Seal } from '../../src/mcp/session/seal';
import { SessionIds } from '../../src/mcp/session/session-ids';
import { cleanUp, onCleanUp, replaceFile, temporaryDirectory } from '../fixture';

const CALLER: Caller = { user: 'alice', roles: new Set(), by: 'api-key', keyId: 'k' };
const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

let seal: Seal;

beforeAll(async () => {
  const directory = await temporaryDirectory();
  const { x = '', d = '' } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  const keys = [{ kid: x, x, d, usableFrom: '2020-01-01T00:00:00Z' }];
  await replaceFile(
    path.join(directory, 'signing-keys.json'),
    JSON.stringify({ kind: 'SigningKeys', version: 1, keys }),
  );
  const log = { warn: () => undefined, error: () => undefined, info: () => undefined } as never;
  const sealing = await SealingKeys.open(directory, { log, pollMs: 1_000_000 });
  onCleanUp(() => sealing.close());
  seal = new Seal(sealing);
});

afterAll(cleanUp);

const text = oddText('{"a":1}', '~', '__proto__', 'é', '😀', '\0').map(wellFormed);
/** Where a text is changed, and what comes there. */
const change = fc.tuple(fc.nat(), fc.constantFrom(...BASE64URL, '=', '+', '/', ' ', '\n', 'é', ''));

/** A text with one character put in, taken away or changed; the same if the change changes nothing. */
const changed = (sealed: string, [at, by]: readonly [number, string]): string => {
  const place = at % (sealed.length + 1);
  return sealed.slice(0, place) + by + sealed.slice(place + 1);
};

it('what is sealed opens as it was, for what it is bound to alone', () =>
  fuzz(
    fc.property(text, text, text, (inside, bound, other) => {
      const sealed = seal.close(inside, bound);
      expect(sealed).toMatch(/^[\w-]+$/);
      expect(seal.open(sealed, bound)).toBe(inside);
      expect(seal.open(sealed, other)).toBe(other === bound ? inside : undefined);
    }),
  ));

it('what is sealed opens by no other spelling: any bit of any character counts', () =>
  fuzz(
    fc.property(text, change, (inside, at) => {
      const sealed = seal.close(inside, 'bound');
      const other = changed(sealed, at);
      if (other !== sealed) expect(seal.open(other, 'bound')).toBeUndefined();
    }),
  ));

it('what nobody has sealed opens nowhere, and breaks nothing', () => {
  const ids = new SessionIds(seal);
  const peers = new PeerEnvelopes(seal);
  const asks = new PendingAsks(seal, 'http://10.0.0.1:1');
  const calls = new HeldCalls(seal, 'http://10.0.0.1:1');
  return fuzz(
    fc.property(oddText('agentyard:', '~ask:', 'AAAA', '-_', '{}', '[1]', 'A'.repeat(64)), (sent) => {
      expect(ids.sessionOf(sent, CALLER, '/mcp')).toBeUndefined();
      expect(peers.open(sent, 'http://10.0.0.1:1')).toBeUndefined();
      for (const id of [sent, `~ask:${sent}`]) {
        expect(asks.ownerOf(id, 'session')).toBeUndefined();
        expect(asks.take({ id }, 'session')).toBe(false);
      }
      expect(calls.ownerOf(`agentyard:${sent}`, CALLER)).toBeUndefined();
    }),
  );
});

it('what is sealed for one purpose opens for no other', () => {
  const ids = new SessionIds(seal);
  const peers = new PeerEnvelopes(seal);
  const asks = new PendingAsks(seal, 'http://10.0.0.1:1');
  const calls = new HeldCalls(seal, 'http://10.0.0.1:1');
  return fuzz(
    fc.property(text, (user) => {
      const session = {
        key: user,
        revision: '2025-11-25',
        capabilities: {},
        home: '',
        held: {},
        since: Date.now() / 1000,
      };
      const { id } = ids.idOf(session, { ...CALLER, user }, '/mcp');
      expect(ids.sessionOf(id, { ...CALLER, user }, '/mcp')?.key).toBe(user);
      expect(peers.open(id, user)).toBeUndefined();
      expect(asks.ownerOf(`~ask:${id}`, user)).toBeUndefined();
      expect(calls.ownerOf(`agentyard:${id}`, { ...CALLER, user })).toBeUndefined();
      const ask = asks.open(user, () => undefined);
      ask.close();
      expect(ids.sessionOf(ask.id.slice('~ask:'.length), { ...CALLER, user }, '/mcp')).toBeUndefined();
    }),
  );
});
