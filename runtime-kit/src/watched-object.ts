import { setTimeout as sleep } from 'node:timers/promises';
import { ApiServerError, type ApiServer } from './api-server.js';
import type { Logger } from './logger.js';

/** What is watched, by the plural that the API has for it. */
export type WatchedKind = 'configmaps' | 'secrets';

/** The first pause before a watch is begun again, and the longest; doubled in between. In milliseconds. */
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 4_000;
/** The pause where it is forbidden: somebody has to change that. */
const FORBIDDEN_PAUSE_MS = 30_000;

/** How long the last state counts while the API server cannot be asked: by then what is mounted is no older. */
const LAST_STATE_MS = 120_000;

/** What is read of an object of the API. */
interface ApiObject {
  readonly metadata?: { readonly name?: unknown };
  readonly data?: unknown;
}

export interface WatchedObjectOptions {
  readonly kind: WatchedKind;
  readonly namespace: string;
  readonly name: string;
  readonly log: Logger;
  /** The pauses, in milliseconds; for tests. */
  readonly pauses?: { readonly first: number; readonly longest: number; readonly forbidden: number };
  /** How long the last state counts while the API server cannot be asked, in milliseconds; for tests. */
  readonly lastStateMs?: number;
}

/**
 * A ConfigMap or Secret as the API server has it, so that a change counts at once and not when the kubelet shows it. A watch
 * says that there is something new; what there is, is read then, so no version has to be compared and none is missed.
 */
export class WatchedObject {
  private entries: ReadonlyMap<string, string> | undefined;
  /** When the state was known last, in milliseconds of a clock that only goes forward. */
  private knownAt = 0;
  private watching = false;
  private fault: string | undefined;
  private readonly ended = new AbortController();
  private readonly finished: Promise<void>;

  /** Begins to watch; nobody has to wait for it. */
  public constructor(
    private readonly api: ApiServer,
    private readonly options: WatchedObjectOptions,
  ) {
    this.finished = this.run();
  }

  /** Its entries as text; none if it is not there. Absent while that is not known: then what is mounted counts. */
  public get data(): ReadonlyMap<string, string> | undefined {
    const { lastStateMs = LAST_STATE_MS } = this.options;
    return this.watching || performance.now() - this.knownAt < lastStateMs ? this.entries : undefined;
  }

  /** Ends the watch. */
  public close(): void {
    this.ended.abort();
  }

  /** Resolves when the watch has ended. */
  public get closed(): Promise<void> {
    return this.finished;
  }

  private async run(): Promise<void> {
    const { signal } = this.ended;
    const { first, longest, forbidden } = this.options.pauses ?? {
      first: FIRST_PAUSE_MS,
      longest: LONGEST_PAUSE_MS,
      forbidden: FORBIDDEN_PAUSE_MS,
    };
    let pause = first;
    while (!signal.aborted) {
      const begunAt = performance.now();
      try {
        await this.watch(signal);
      } catch (error) {
        // One that worked may end at any time, and the next one goes on from there.
        if (!this.watching) this.report(error);
        if (isForbidden(error)) pause = forbidden;
      }
      if (performance.now() - begunAt > longest) pause = first;
      this.watching = false;
      await sleep(pause, undefined, { signal, ref: false }).catch(() => undefined);
      pause = Math.min(pause * 2, longest);
    }
  }

  /** Until the API server ends the watch, as it does every few minutes. */
  private async watch(signal: AbortSignal): Promise<void> {
    for await (const type of this.api.watch(this.watchPath, signal)) {
      // Such as 410, when it has moved on: the next watch begins with what there is.
      if (type === 'ERROR') throw new ApiServerError('the API server ends the watch with an error');
      if (type !== 'BOOKMARK') await this.read();
      this.watching = true;
      this.knownAt = performance.now();
      this.reportGood();
    }
  }

  private async read(): Promise<void> {
    try {
      const object = (await this.api.request({ method: 'GET', path: this.path })) as ApiObject | null;
      // Something in front of the API server may answer, too.
      if (object?.metadata?.name !== this.options.name)
        throw new ApiServerError('the API server answers with something else');
      this.entries = entriesOf(object.data, this.options.kind);
    } catch (error) {
      if (!(error instanceof ApiServerError) || error.status !== 404) throw error;
      this.entries = new Map();
    }
  }

  private get collection(): string {
    const { namespace, kind } = this.options;
    return `/api/v1/namespaces/${encodeURIComponent(namespace)}/${kind}`;
  }

  private get path(): string {
    return `${this.collection}/${encodeURIComponent(this.options.name)}`;
  }

  /** A Role that names the object lets it be watched by its name alone. */
  private get watchPath(): string {
    const query = new URLSearchParams({
      watch: 'true',
      allowWatchBookmarks: 'true',
      fieldSelector: `metadata.name=${this.options.name}`,
    });
    return `${this.collection}?${query.toString()}`;
  }

  /** Each fault is logged once. */
  private report(error: unknown): void {
    if (this.ended.signal.aborted) return;
    const fault = error instanceof Error ? error.message : 'unknown';
    if (fault === this.fault) return;
    this.fault = fault;
    this.options.log.error(
      { event: 'watch-failed', ...this.names, fault },
      'the Kubernetes API does not say what changes: it counts when mounted files show it, which takes up to 90 s',
    );
  }

  private reportGood(): void {
    if (this.fault === undefined) return;
    this.fault = undefined;
    this.options.log.info({ event: 'watch-restored', ...this.names }, 'the Kubernetes API says again what changes');
  }

  private get names() {
    const { kind, namespace, name } = this.options;
    return { kind, object: `${namespace}/${name}` };
  }
}

function isForbidden(error: unknown): boolean {
  return error instanceof ApiServerError && (error.status === 401 || error.status === 403);
}

function entriesOf(data: unknown, kind: WatchedKind): ReadonlyMap<string, string> {
  if (typeof data !== 'object' || data === null) return new Map();
  return new Map(
    Object.entries(data as Record<string, unknown>).flatMap(([name, value]) => {
      if (typeof value !== 'string') return [];
      return [[name, kind === 'secrets' ? Buffer.from(value, 'base64').toString('utf8') : value]];
    }),
  );
}
