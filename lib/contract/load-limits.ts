import { z } from 'zod';
import { milliseconds } from './fields';

const circuitBreaker = z
  .strictObject({
    windowMs: z.int().min(1_000).max(600_000).default(30_000).describe('Span of time that is looked back on.'),
    minRequests: z
      .int()
      .min(1)
      .max(1_000_000)
      .default(20)
      .describe('Answers within the span before a share of failures says anything.'),
    errorRate: z.number().gt(0).max(1).default(0.5).describe('Share of failures, 0 to 1, from which nothing is sent.'),
    openMs: z
      .int()
      .min(100)
      .max(600_000)
      .default(5_000)
      .describe('How long nothing is sent, before single requests try whether it answers again.'),
    probes: z
      .int()
      .min(1)
      .max(100)
      .default(3)
      .describe('Requests that are let through at once while it is tried, and that have to succeed one after another.'),
  })
  .prefault({})
  .describe('When a callee that fails is left alone.');

/** How much of a gateway's load one callee gets. Bounded when absent. */
export const loadLimits = z
  .strictObject({
    maxConcurrency: z
      .int()
      .min(1)
      .max(100_000)
      .default(64)
      .describe('Requests in flight per ready pod, of all replicas of the gateway together.'),
    maxQueue: z
      .int()
      .min(0)
      .max(10_000)
      .default(256)
      .describe('Requests that wait for their turn in each replica of the gateway; one more is refused.'),
    queueTimeoutMs: milliseconds.default(10_000).describe('How long a request waits before it is refused.'),
    circuitBreaker,
  })
  .prefault({})
  .describe('How much it gets at once.');

export type LoadLimits = z.output<typeof loadLimits>;
export type LoadLimitsInput = z.input<typeof loadLimits>;
