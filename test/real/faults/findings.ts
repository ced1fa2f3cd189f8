import type { UpstreamListener } from './upstream';

/** Most findings that are told. */
const MOST = 20;

/** Errors in logs that are about what is wrong on purpose. */
const EXPECTED = new Set(['reload-refused', 'service-identity-refused']);

/** What the test has seen: what was right, what went wrong as it may, and what must not be. */
export class Findings implements UpstreamListener {
  /** How often something happened. */
  public readonly counts = new Map<string, number>();
  /** What must not be. */
  public readonly wrong: string[] = [];
  /** When a request was first decided to be allowed, by its id, in milliseconds since 1970. */
  private readonly decided = new Map<string, number>();
  /** When upstreams first saw requests, and which one did. */
  private readonly requests = new Map<string, { readonly at: number; readonly upstream: string }>();

  public count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }

  public violated(text: string): void {
    if (this.wrong.length < MOST) this.wrong.push(text);
    this.count('wrong');
  }

  public seen(requestId: string, at: number, upstream: string): void {
    this.count('requests of upstreams');
    if (!this.requests.has(requestId)) this.requests.set(requestId, { at, upstream });
  }

  /** Takes a line of a gateway's log. */
  public logged({ event, decision, requestId, time, level, ...more }: Readonly<Record<string, unknown>>): void {
    if (event === 'decision' && decision === 'allowed' && !this.decided.has(String(requestId))) {
      this.decided.set(String(requestId), Date.parse(String(time)));
    }
    if (typeof event === 'string' && event !== 'decision') this.count(`log: ${event}`);
    if (level === 'error' && !EXPECTED.has(String(event)))
      this.errors.push(JSON.stringify({ event, requestId, ...more }));
  }

  /** Lines of errors in the logs. */
  public readonly errors: string[] = [];

  /** Requests that an upstream saw, and no line had allowed before; all lines have to be read. */
  public undecided(): string[] {
    return [...this.requests].flatMap(([id, { at, upstream }]) => {
      const decided = this.decided.get(id);
      if (decided !== undefined && decided <= at) return [];
      return [
        `${upstream} saw ${id}, which was decided ${decided === undefined ? 'never' : `${decided - at} ms later`}`,
      ];
    });
  }

  public get table(): string {
    return [...this.counts]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([what, count]) => `  ${String(count).padStart(7)} ${what}\n`)
      .join('');
  }
}
