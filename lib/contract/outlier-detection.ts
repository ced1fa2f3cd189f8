import { z } from 'zod';
import { milliseconds } from './fields';

/** When a gateway leaves out a pod that is listed as ready, and when it takes it back. */
export const outlierDetection = z
  .strictObject({
    consecutiveFailures: z
      .int()
      .min(1)
      .max(1000)
      .default(5)
      .describe('Failures one after the other, without a success between them, after which a pod is left out.'),
    baseEjectionMs: milliseconds
      .default(30_000)
      .describe('How long it is left out the first time; each further time takes twice as long.'),
    maxEjectionMs: milliseconds
      .default(300_000)
      .describe('Longest time that it is left out; after as long without failures the first time comes again.'),
    maxEjectedPercent: z
      .int()
      .min(0)
      .max(90)
      .default(50)
      .describe('Most of the pods of a Service that are left out, in percent, rounded down; 0: none is.'),
    probe: z
      .strictObject({
        path: z
          .string()
          .max(1024)
          .regex(/^\/[!-~]*$/, 'must be a path of printable ASCII')
          .default('/readyz')
          .describe('What a pod that is left out is asked for by GET; any answer below 500 is good.'),
        intervalMs: milliseconds.min(10).default(2_000).describe('Time from one question to the next.'),
        timeoutMs: milliseconds.default(2_000).describe('How long the answer may take.'),
      })
      .prefault({}),
  })
  .refine(({ baseEjectionMs, maxEjectionMs }) => baseEjectionMs <= maxEjectionMs, {
    path: ['maxEjectionMs'],
    error: 'must not be below `baseEjectionMs`',
  })
  .prefault({});

export type OutlierDetection = z.output<typeof outlierDetection>;
