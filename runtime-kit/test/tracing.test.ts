import { Metrics, SpanCounts } from '../src';
import { isSampled } from '../src/tracing/sampling';
import { Tracing } from '../src/tracing/tracing';
import { createLogger } from '../src/logger';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { cleanUp, onCleanUp } from './fixture';

afterEach(cleanUp);

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';

it('chance decides what is recorded, whatever ids and flags a client chooses', () => {
  const parent = { traceId: TRACE, spanId: SPAN, isSampled: true };
  const share = (ratio: number) => {
    let count = 0;
    for (let i = 0; i < 1_000; i += 1) {
      if (
        isSampled(
          { ratio, trustsParents: false },
          parent,
          () => true,
          () => i / 1_000,
        )
      )
        count += 1;
    }
    return count / 1_000;
  };
  expect([share(0), share(0.01), share(1)]).toEqual([0, 0.01, 1]);
});

it('spans that a collector is too slow for are dropped and counted, and memory stays bounded', async () => {
  const stalled = createServer(() => undefined);
  await new Promise<void>((resolve) => stalled.listen(0, '127.0.0.1', () => resolve()));
  onCleanUp(async () => {
    stalled.closeAllConnections();
    await new Promise((resolve) => stalled.close(resolve));
  });
  const lines: Record<string, unknown>[] = [];
  const destination = { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) };
  const log = createLogger({ component: 'gateway', name: 'gateway', namespace: 'test' }, destination);
  const metrics = new Metrics();
  const service = { name: 'gateway', namespace: 'test', version: '1.0.0' };
  const endpoint = `http://127.0.0.1:${(stalled.address() as AddressInfo).port}/v1/traces`;
  const tracing = new Tracing(service, endpoint, new SpanCounts(metrics, log));
  for (let i = 0; i < 5_000; i += 1) tracing.begin('request', 'server', {}, undefined).end({});
  // One batch is on its way, and 2,048 wait.
  expect(metrics.eventCounts[0]?.values.get('dropped')).toBe(5_000 - 2_048 - 512);
  expect(lines.filter(({ event }) => event === 'spans-lost')).toHaveLength(1);
});
