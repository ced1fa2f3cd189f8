import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { collectDefaultMetrics, Counter, Gauge, Registry, type Metric } from 'prom-client';
import type { Histogram, Observations } from './histogram.js';
import type { EventCount, LabelledGauge, Load, Metrics } from './metrics.js';

/** Serves `GET /metrics` in Prometheus' text format, on a port that no client of the runtime needs to reach. */
export class MetricsServer {
  private constructor(private readonly server: Server) {}

  /** @param load what the runtime works on, asked at each scrape */
  public static async start(
    address: { readonly host?: string; readonly port: number },
    metrics: Metrics,
    load: () => Load,
  ): Promise<MetricsServer> {
    const registry = registryOf(metrics, load);
    const server = createServer((request, response) => {
      if (request.method !== 'GET' || request.url?.split('?', 1)[0] !== '/metrics') {
        response.writeHead(404).end();
        return;
      }
      void registry.metrics().then(
        (text) => response.writeHead(200, { 'content-type': registry.contentType }).end(text),
        () => response.writeHead(500).end(),
      );
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(address.port, address.host, () => resolve());
    });
    return new MetricsServer(server);
  }

  /** The port, which matters when the one asked for was 0. */
  public get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Ends at once: a scrape that is lost comes again. */
  public async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.server.close(() => resolve());
      this.server.closeAllConnections();
    });
  }
}

function registryOf(metrics: Metrics, load: () => Load): Registry {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const gauge = (name: string, help: string, value: () => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(value());
      },
    });
  gauge('agentyard_requests_in_flight', 'Requests that are being answered', () => load().inFlight);
  gauge('agentyard_requests_queued', 'Requests that wait for their turn', () => load().queued);
  gauge('agentyard_requests', 'Requests in flight and queued, which autoscaling follows', () => {
    const { inFlight, queued } = load();
    return inFlight + queued;
  });
  new Counter({
    name: 'agentyard_requests_total',
    help: 'Requests that have ended, by outcome',
    labelNames: ['outcome'],
    registers,
    collect() {
      this.reset();
      for (const [outcome, count] of metrics.requests) this.inc({ outcome }, count);
    },
  });
  new Counter({
    name: 'agentyard_reload_failures_total',
    help: 'New documents that were refused while the old one stayed in force',
    registers,
    collect() {
      this.reset();
      this.inc(metrics.reloadFailures);
    },
  });
  for (const { name, help, value } of metrics.gauges) gauge(name, help, value);
  for (const count of metrics.eventCounts) serveEventCount(count, registers);
  for (const figure of metrics.labelledGauges) serveGauge(figure, registers);
  for (const histogram of metrics.histograms) serveHistogram(histogram, registry);
  return registry;
}

function serveEventCount({ name, help, label, values }: EventCount, registers: Registry[]): void {
  new Counter({
    name,
    help,
    labelNames: label === undefined ? [] : [label.name],
    registers,
    collect() {
      this.reset();
      for (const [value, count] of values) this.inc(label === undefined ? {} : { [label.name]: value }, count);
    },
  });
}

function serveGauge({ name, help, label, read }: LabelledGauge, registers: Registry[]): void {
  new Gauge({
    name,
    help,
    labelNames: [label],
    registers,
    collect() {
      this.reset();
      for (const [value, figure] of read()) this.set({ [label]: value }, figure);
    },
  });
}

/** The library's own histogram would look its labels up with each request; this one shows what was counted without. */
function serveHistogram(histogram: Histogram, registry: Registry): void {
  const { name, help, labels, bounds } = histogram;
  const samples = ({ labels: values, cumulated, sum }: Observations) => {
    const own = Object.fromEntries(labels.map((label, i) => [label, values[i] ?? '']));
    const buckets = cumulated.map((value, i) => ({
      metricName: `${name}_bucket`,
      labels: { ...own, le: String(bounds[i] ?? '+Inf') },
      value,
    }));
    return [
      ...buckets,
      { metricName: `${name}_sum`, labels: own, value: sum },
      { metricName: `${name}_count`, labels: own, value: cumulated.at(-1) ?? 0 },
    ];
  };
  const get = () => Promise.resolve({ name, help, type: 'histogram', values: [...histogram.series].flatMap(samples) });
  registry.registerMetric({ name, get } as unknown as Metric);
}
