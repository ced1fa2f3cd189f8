import { setTimeout as sleep } from 'node:timers/promises';
import { Deferred } from '../processes/deferred';
import { HttpConnection } from './http-connection';
import { getBytes, requestBytes, type Target } from './http-request';
import { LEGACY, listenMessage, MCP_PATH } from './mcp-message';
import { usageOf } from '../processes/process-usage';
import type { Sessions } from './sessions';

/** What keeps a stream open: `GET` of the era with sessions, or `subscriptions/listen` of the one without. */
export const STREAM_KINDS = ['GET', 'subscriptions/listen'] as const;
export type StreamKind = (typeof STREAM_KINDS)[number];

export interface StreamRun {
  readonly kind: StreamKind;
  readonly target: Target;
  readonly pids: readonly number[];
  readonly count: number;
}

/** What streams that are open take; or what a server does that has no such streams. */
export interface StreamSample {
  readonly megabytes?: number;
  readonly refusal?: string;
}

/** How many are opened at the same time. */
const AT_ONCE = 64;

/** How long the first one must stay open to be taken for a stream, in milliseconds. */
const FIRST_MS = 100;

/** How long they are left alone before the memory is read, in milliseconds. */
const SETTLE_MS = 1_000;

/** Opens streams, and reads the memory of the processes that hold them. */
export async function measureOpenStreams(run: StreamRun, sessions: Sessions): Promise<StreamSample> {
  const open: HttpConnection[] = [];
  const failed = new Deferred<never>();
  const openMore = async (count: number): Promise<number[]> => {
    const requests = await requestsFor(run, open.length, count, sessions);
    return Promise.all(
      requests.map(async (bytes) => {
        const connection = await HttpConnection.open(run.target.port, failed.reject);
        open.push(connection);
        return connection.openStream(bytes);
      }),
    );
  };
  try {
    const [first] = await Promise.race([openMore(1), failed.promise]);
    if (first !== 200) return { refusal: `answers with ${first}` };
    await Promise.race([sleep(FIRST_MS), failed.promise]);
    if (!open[0]!.isStreaming) return { refusal: 'ends them at once' };
    while (open.length < run.count) {
      const statuses = await Promise.race([openMore(Math.min(AT_ONCE, run.count - open.length)), failed.promise]);
      const refused = statuses.find((status) => status !== 200);
      if (refused !== undefined) throw new Error(`status ${refused} with ${open.length} streams of ${run.count}`);
    }
    await Promise.race([sleep(SETTLE_MS), failed.promise]);
    const ended = open.filter(({ isStreaming }) => !isStreaming).length;
    if (ended > 0) throw new Error(`${ended} streams of ${run.count} have ended`);
    return { megabytes: usageOf(run.pids).megabytes };
  } finally {
    for (const connection of open) connection.close();
  }
}

async function requestsFor({ kind, target }: StreamRun, from: number, count: number, sessions: Sessions) {
  if (kind === 'subscriptions/listen') {
    return Array.from({ length: count }, (_, i) => requestBytes(listenMessage(from + i + 1), target));
  }
  // Each session has one such stream.
  const targets = (await sessions.targetsFor(target, LEGACY, from + count)).slice(from);
  return targets.map((each) =>
    getBytes(MCP_PATH, { ...each, headers: { ...each.headers, 'mcp-protocol-version': LEGACY } }),
  );
}
