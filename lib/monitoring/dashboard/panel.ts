/** A line of a graph. */
export interface Query {
  /** PromQL, in which Grafana fills in `$namespace`, `$workload` and `$__rate_interval`. */
  readonly expression: string;
  /** What the line is called, with labels in `{{ }}`. */
  readonly legend: string;
}

/** A graph of a dashboard. */
export interface Panel {
  readonly title: string;
  readonly description: string;
  /** As Grafana names units: `reqps`, `percentunit`, `bytes`, `s`, `short`. */
  readonly unit: string;
  readonly queries: readonly Query[];
}
