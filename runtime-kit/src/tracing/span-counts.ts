import type { EventCount, Metrics } from '../metrics.js';
import type { Logger } from '../logger.js';

/** What becomes of spans. */
export const SPAN_RESULTS = ['exported', 'failed', 'dropped'] as const;
export type SpanResult = (typeof SPAN_RESULTS)[number];

/** How often it is said at most that spans are lost. */
const LOG_EVERY_MS = 60_000;

/** Counts spans, and says when some are lost, now and then. */
export class SpanCounts {
  private readonly counts: EventCount;
  private lost = 0;
  private saidAt = -Infinity;

  public constructor(
    metrics: Metrics,
    private readonly log: Logger,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.counts = metrics.addEventCount(
      'agentyard_spans_total',
      'Spans of recorded traces, by what became of them: "dropped" while the collector took too long',
      { name: 'result', values: SPAN_RESULTS },
    );
  }

  /** @param reason why they are lost, in words of ours or of the transport */
  public add(result: SpanResult, count: number, reason = ''): void {
    this.counts.add(result, count);
    if (result === 'exported') return;
    this.lost += count;
    const now = this.now();
    if (now - this.saidAt < LOG_EVERY_MS) return;
    this.log.warn({ event: 'spans-lost', spans: this.lost, reason }, 'the telemetry collector did not take spans');
    this.saidAt = now;
    this.lost = 0;
  }
}
