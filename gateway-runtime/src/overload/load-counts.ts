import type { EventCount, Metrics } from '@agentyard/runtime-kit';
import type { CircuitState } from './circuit-breaker.js';
import type { Gate } from './gate.js';
import { REFUSALS, type RefusalCode } from './refusal.js';

/** A state as a number, so that an alert can compare it. */
const CIRCUIT_VALUES: Readonly<Record<CircuitState, number>> = { closed: 0, 'half-open': 1, open: 2 };

/** What metrics say of load. */
export class LoadCounts {
  private readonly refusals: EventCount;
  private readonly retries: EventCount;

  /** Those of the document in force. */
  private gates: ReadonlyMap<string, Gate> = new Map();

  public constructor(metrics: Metrics) {
    this.refusals = metrics.addEventCount(
      'agentyard_requests_refused_for_load_total',
      'Requests that were not sent on because of load',
      { name: 'reason', values: REFUSALS },
    );
    this.retries = metrics.addEventCount('agentyard_retries_total', 'Requests that were sent a second time');
    const figures = (figure: (gate: Gate) => number) => () =>
      new Map([...this.gates].map(([name, gate]) => [name, figure(gate)]));
    metrics.addLabelledGauge(
      'agentyard_callee_requests_in_flight',
      'Requests in flight to a callee',
      'callee',
      figures(({ inFlight }) => inFlight),
    );
    metrics.addLabelledGauge(
      'agentyard_callee_requests_queued',
      'Requests that wait for their turn at a callee',
      'callee',
      figures(({ queued }) => queued),
    );
    metrics.addLabelledGauge(
      'agentyard_callee_circuit_state',
      'Whether requests are sent to a callee: 0 they are, 1 a few try, 2 none are',
      'callee',
      figures(({ circuit }) => CIRCUIT_VALUES[circuit]),
    );
  }

  /** From now on these are told of. */
  public show(gates: ReadonlyMap<string, Gate>): void {
    this.gates = gates;
  }

  public refused(code: RefusalCode): void {
    this.refusals.add(code);
  }

  public retried(): void {
    this.retries.add();
  }
}
