import type { Duration } from 'cdk8s';
import type { IConstruct } from 'constructs';
import type { LoadLimitsInput } from '../lib/contract';
import { rangedDuration, rangedNumber } from '../lib/workload/ranged-number';

/** When a gateway leaves an agent, toolset or MCP server alone that fails. */
export interface CircuitBreakerOptions {
  /**
   * Span of time that is looked back on, 1 second to 10 minutes.
   * @default Duration.seconds(30)
   */
  readonly window?: Duration;
  /**
   * Answers within the span before a share of failures says anything.
   * @default 20
   */
  readonly minRequests?: number;
  /**
   * Share of failures from which nothing is sent, above 0 up to 1. Failures are broken connections, missed deadlines, no
   * ready pod, and answers with a status of 500 and more.
   * @default 0.5
   */
  readonly errorRate?: number;
  /**
   * How long nothing is sent before it is tried again, up to 10 minutes.
   * @default Duration.seconds(5)
   */
  readonly openTime?: Duration;
  /**
   * Requests that try at once whether it answers again; as many have to succeed.
   * @default 3
   */
  readonly probes?: number;
}

/** How much a gateway sends to an agent, toolset or MCP server at once. */
export interface LoadLimits {
  /**
   * Requests in flight per ready pod, of all replicas of a gateway together; of a server that is called by a URL, at all.
   * @default - 64 for an agent or MCP server; for a toolset twice what a pod runs at once, so that a full run waits in the pod
   */
  readonly maxConcurrency?: number;
  /**
   * Requests that wait for their turn in each replica of a gateway, up to 10,000; users take turns. One more is refused.
   * @default 256
   */
  readonly maxQueue?: number;
  /**
   * How long a request waits before it is refused, at most 15 minutes.
   * @default Duration.seconds(10)
   */
  readonly queueTimeout?: Duration;
  /**
   * When it is left alone since it fails.
   * @default - half of at least 20 answers within 30 seconds failed
   */
  readonly circuitBreaker?: CircuitBreakerOptions;
}

/** What a gateway's document says of them. A value out of its range fails the synthesis. */
export function loadLimitsOf(place: IConstruct, given: LoadLimits = {}, maxConcurrency?: number): LoadLimitsInput {
  const whole = (prop: string, value: number | undefined, least: number, most: number) =>
    rangedNumber(place, `load.${prop}`, value, { least, most, whole: true });
  const time = (prop: string, value: Duration | undefined, least: number, most: number) =>
    rangedDuration(place, `load.${prop}`, value, { least, most });
  const breaker = given.circuitBreaker ?? {};
  return {
    maxConcurrency: whole('maxConcurrency', given.maxConcurrency, 1, 100_000) ?? maxConcurrency,
    maxQueue: whole('maxQueue', given.maxQueue, 0, 10_000),
    queueTimeoutMs: time('queueTimeout', given.queueTimeout, 1, 900_000),
    circuitBreaker: {
      windowMs: time('circuitBreaker.window', breaker.window, 1_000, 600_000),
      minRequests: whole('circuitBreaker.minRequests', breaker.minRequests, 1, 1_000_000),
      errorRate: rangedNumber(place, 'load.circuitBreaker.errorRate', breaker.errorRate, { least: 0.001, most: 1 }),
      openMs: time('circuitBreaker.openTime', breaker.openTime, 100, 600_000),
      probes: whole('circuitBreaker.probes', breaker.probes, 1, 100),
    },
  };
}
