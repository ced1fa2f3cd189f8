import path from 'node:path';
import { SealingKeys } from '@agentyard/runtime-kit';
import { PeerEnvelopes } from '../src/mcp/peers/peer-envelope';
import { Seal } from '../src/mcp/session/seal';
import { cleanUp, documentOf, onCleanUp, temporaryDirectory } from './fixture';
import { provideIdentity } from './identity-files';

afterEach(cleanUp);

const HERE = 'http://10.0.0.1:9300';

it('a message between replicas counts once, for one of them, and for a short time', async () => {
  const directory = await temporaryDirectory();
  await provideIdentity(directory, documentOf());
  const log = { warn: () => undefined, error: () => undefined, info: () => undefined } as never;
  const keys = await SealingKeys.open(path.join(directory, 'signing-keys'), { log, pollMs: 1_000_000 });
  onCleanUp(() => keys.close());
  let now = 1_000_000;
  const seal = new Seal(keys);
  const [sender, receiver] = [new PeerEnvelopes(seal, () => now), new PeerEnvelopes(seal, () => now)];
  const note = { kind: 'end', session: 's' };
  const sealed = sender.close(note, HERE);
  expect(receiver.open(sealed, 'http://10.0.0.2:9300')).toBeUndefined();
  expect(receiver.open(sealed, HERE)).toEqual(note);
  expect(receiver.open(sealed, HERE)).toBeUndefined();
  const late = sender.close(note, HERE);
  now += 31_000;
  expect(receiver.open(late, HERE)).toBeUndefined();
  expect(receiver.open(seal.close(JSON.stringify([now, note]), JSON.stringify(['session'])), HERE)).toBeUndefined();
  expect(receiver.open(`${sender.close(note, HERE).slice(0, -2)}AA`, HERE)).toBeUndefined();
});
