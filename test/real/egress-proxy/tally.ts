import type { Answer } from './reachability-trial';

/** Counts what was asked and what came of it, so that nobody agrees about nothing. */
export class Tally {
  private readonly counts = new Map<string, number>();

  public add({ question, leadsTo, real, attempts }: Answer, cluster: Readonly<Record<string, unknown>>): void {
    this.count(real);
    this.count(`${question.kind}: ${real}`);
    this.count(`leads to ${leadsTo}: ${real}`);
    for (const [fact, value] of Object.entries(cluster)) this.count(`${fact} ${String(value)}: ${real}`);
    for (const { attempt, outcome, listed } of attempts) {
      if (listed === undefined || listed.spoken === listed.other) continue;
      const spoken = attempt.tls ? 'TLS' : 'plain HTTP';
      const way = outcome.at === undefined ? 'none' : 'proxy';
      this.count(`${spoken} where ${listed.spoken ? 'it' : 'the other'} is declared: ${way}`);
    }
  }

  /** What there is less of than there should be. */
  public lacking(least: Readonly<Record<string, number>>): string[] {
    return Object.entries(least)
      .filter(([what, count]) => (this.counts.get(what) ?? 0) < count)
      .map(([what, count]) => `${this.counts.get(what) ?? 0} of "${what}", and not ${count}`);
  }

  private count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }
}
