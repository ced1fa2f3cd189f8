import type { RequestListener } from 'node:http';
import { createLogger, WatchedObject, type WatchedKind } from '../src';
import { FakeApiServer } from './fake-api-server';
import { cleanUp, eventually, onCleanUp } from './test-resources';

afterEach(cleanUp);

const PAUSES = { first: 5, longest: 20, forbidden: 20 };

function watching(fake: FakeApiServer, kind: WatchedKind = 'secrets', lastStateMs?: number) {
  const logs: Record<string, unknown>[] = [];
  const log = createLogger(
    { component: 'gateway', name: 'gateway', namespace: 'test' },
    { write: (line: string) => void logs.push(JSON.parse(line) as Record<string, unknown>) },
  );
  const options = { kind, namespace: 'test', name: 'keys', log, pauses: PAUSES, lastStateMs };
  const watched = new WatchedObject(fake.client(), options);
  onCleanUp(async () => {
    watched.close();
    await watched.closed;
  });
  const becomes = (data: Record<string, string> | undefined) =>
    eventually(() => JSON.stringify(watched.data && Object.fromEntries(watched.data)) === JSON.stringify(data));
  return { watched, logs, becomes };
}

describe.each<WatchedKind>(['secrets', 'configmaps'])('%s that are watched', (kind) => {
  it('are as the API server has them: there, changed, removed, and made again', async () => {
    const fake = await FakeApiServer.start();
    fake.put(`${kind}/keys`, { a: 'ä' });
    const { becomes, logs } = watching(fake, kind);
    await becomes({ a: 'ä' });
    fake.put(`${kind}/keys`, { b: '2' });
    await becomes({ b: '2' });
    fake.put(`${kind}/keys`, undefined);
    await becomes({});
    fake.put(`${kind}/keys`, { c: '3' });
    await becomes({ c: '3' });
    expect(fake.watched).toEqual([`${kind}?watch=true&allowWatchBookmarks=true&fieldSelector=metadata.name%3Dkeys`]);
    expect(logs).toEqual([]);
  });
});

it('a watch that ends is begun again, and nothing that happened meanwhile is missed', async () => {
  const fake = await FakeApiServer.start();
  fake.put('secrets/keys', { a: '1' });
  const { becomes } = watching(fake);
  await becomes({ a: '1' });
  for (const text of ['2', '3', '4']) {
    fake.cut();
    fake.put('secrets/keys', { a: text });
    await becomes({ a: text });
  }
});

it('bookmarks are no changes', async () => {
  const fake = await FakeApiServer.start();
  const { becomes } = watching(fake);
  await becomes({});
  fake.send('BOOKMARK', 'secrets/keys');
  fake.put('secrets/keys', { a: '1' });
  await becomes({ a: '1' });
  expect(fake.read).toHaveLength(2);
});

it.each(['ERROR', 'nonsense'])('a watch that ends with %s is begun again', async (type) => {
  const fake = await FakeApiServer.start();
  fake.put('secrets/keys', { a: '1' });
  const { becomes, logs } = watching(fake);
  await becomes({ a: '1' });
  fake.send(type, 'secrets/keys');
  fake.put('secrets/keys', { a: '2' });
  await becomes({ a: '2' });
  expect(logs).toEqual([]);
});

it.each<[string, RequestListener, string]>([
  ['what is no event', (_request, response) => void response.end('{"kind":"Status"}\n'), 'answers with something else'],
  ['nonsense', (_request, response) => void response.end('<html>\n'), 'answers with 200'],
  ['a refusal', (_request, response) => void response.writeHead(403).end('{"message":"no"}'), 'answers with 403: no'],
  ['an error of its own', (_request, response) => void response.writeHead(500).end(), 'answers with 500'],
  ['half an answer', (_request, response) => void response.destroy(), 'does not answer'],
])('%s is said once, and does not end the watch', async (_case, answer, fault) => {
  const fake = await FakeApiServer.start();
  fake.put('secrets/keys', { a: '1' });
  const { becomes, logs, watched } = watching(fake);
  await becomes({ a: '1' });
  fake.cut(answer);
  await eventually(() => logs.length > 0);
  expect(logs[0]).toMatchObject({ event: 'watch-failed', object: 'test/keys', fault: expect.stringContaining(fault) });
  // The last state counts on: what is mounted may be older.
  expect(Object.fromEntries(watched.data!)).toEqual({ a: '1' });
  fake.answer = undefined;
  fake.put('secrets/keys', { a: '2' });
  await becomes({ a: '2' });
  await eventually(() => logs.at(-1)?.event === 'watch-restored');
  expect(JSON.stringify(logs)).not.toContain('the-token');
});

it('what the API server has said long ago counts no more', async () => {
  const fake = await FakeApiServer.start();
  fake.put('secrets/keys', { a: '1' });
  const { becomes } = watching(fake, 'secrets', 30);
  await becomes({ a: '1' });
  fake.cut((_request, response) => void response.writeHead(500).end());
  await becomes(undefined);
});

it('nothing is known of what may not be watched', async () => {
  const fake = await FakeApiServer.start();
  fake.cut((_request, response) => void response.writeHead(403).end('{"message":"forbidden"}'));
  const { logs, watched } = watching(fake);
  await eventually(() => logs.length > 0);
  expect(watched.data).toBeUndefined();
});
