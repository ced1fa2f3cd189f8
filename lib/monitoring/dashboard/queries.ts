import type { Query } from './panel';

/** Matchers of what was chosen on the dashboard. */
export const SAMPLES = '{namespace=~"$namespace",workload=~"$workload"}';

/** The same with further matchers. */
export const samples = (...matchers: readonly string[]): string =>
  `${SAMPLES.slice(0, -1)}${matchers.map((m) => `,${m}`).join('')}}`;

/** How often a counter counts, per second. */
export const rate = (metric: string, ...matchers: readonly string[]): string =>
  `rate(${metric}${samples(...matchers)}[$__rate_interval])`;

/** A line for each workload, and for each value of further labels. */
export const perWorkload = (expression: string, ...further: readonly string[]): Query => ({
  expression: `sum by (${['namespace', 'workload', ...further].join(', ')}) (${expression})`,
  legend: legendOf(further),
});

/** The same, of those that are highest. */
export const highestPerWorkload = (count: number, query: Query): Query => ({
  ...query,
  expression: `topk(${count}, ${query.expression})`,
});

/** What 95 of 100 stay below, by further labels. */
export const percentile95 = (histogram: string, further: readonly string[], ...matchers: readonly string[]): Query => ({
  expression: `histogram_quantile(0.95, ${perWorkload(rate(`${histogram}_bucket`, ...matchers), ...further, 'le').expression})`,
  legend: legendOf(further),
});

const legendOf = (further: readonly string[]): string =>
  ['{{namespace}}/{{workload}}', ...further.map((label) => `{{${label}}}`)].join(' ');
