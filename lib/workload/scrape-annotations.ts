/** Annotations by which Prometheus finds the metrics of a pod; none without a port. */
export function scrapeAnnotations(metricsPort: number | undefined): Record<string, string> {
  if (metricsPort === undefined) return {};
  return {
    'prometheus.io/scrape': 'true',
    'prometheus.io/port': String(metricsPort),
    'prometheus.io/path': '/metrics',
  };
}
