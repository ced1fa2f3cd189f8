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
  /** Ids of the requests that are decided to be allowed. */
  private readonly decided = new Set<string>();
  /** Ids of the requests that upstreams have seen. */
  private readonly requests = new Set<string>();

  public count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }

  public violated(text: string): void {
    if (this.wrong.length < MOST) this.wrong.push(text);
    this.count('wrong');
  }

  /**
   * Takes that an upstream has seen a request. A line that allows it has to be in the kernel by then: in two turns of the
   * event loop all of it is read.
   */
  public seen(requestId: string, upstream: string): void {
    this.count('requests of upstreams');
    if (this.requests.has(requestId)) return;
    this.requests.add(requestId);
    const check = (): void => {
      if (!this.decided.has(requestId)) this.violated(`${upstream} saw ${requestId} before it was decided`);
    };
    setImmediate(() => setImmediate(check));
  }

  /** Takes a line of a gateway's log. */
  public logged({ event, decision, requestId, level, ...more }: Readonly<Record<string, unknown>>): void {
    if (event === 'decision' && decision === 'allowed') this.decided.add(String(requestId));
    if (typeof event === 'string' && event !== 'decision') this.count(`log: ${event}`);
    if (level === 'error' && !EXPECTED.has(String(event)))
      this.errors.push(JSON.stringify({ event, requestId, ...more }));
  }

  /** Lines of errors in the logs. */
  public readonly errors: string[] = [];

  public get table(): string {
    return [...this.counts]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([what, count]) => `  ${String(count).padStart(7)} ${what}\n`)
      .join('');
  }
}
