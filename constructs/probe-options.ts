import type { Duration } from 'cdk8s';

/** How often the kubelet asks a pod, and what it forgives. Durations are whole seconds. */
export interface ProbeOptions {
  /**
   * Time between two questions.
   * @default - 10 s for liveness, 5 s for readiness, 1 s at the start
   */
  readonly period?: Duration;
  /**
   * Time for an answer.
   * @default Duration.seconds(5)
   */
  readonly timeout?: Duration;
  /**
   * Failures in a row that count.
   * @default - 3 for liveness, 2 for readiness, 60 at the start
   */
  readonly failureThreshold?: number;
  /**
   * Time before the first question.
   * @default Duration.seconds(0)
   */
  readonly initialDelay?: Duration;
}
