import { InvalidArgumentError } from 'commander';
import { z } from 'zod';

const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** Reads a length of time such as `90d`. @returns ms */
export function duration(text: string): number {
  const [, count = '', unit = ''] = /^(\d{1,4})([mhdw])$/.exec(text) ?? [];
  const length = Number(count) * (UNITS[unit] ?? 0);
  if (length > 0) return length;
  throw new InvalidArgumentError('It must be 1 to 9999 minutes, hours, days or weeks, for example 30m, 24h, 90d, 52w.');
}

/** Reads an instant in ISO 8601 with its time zone. @returns ms since the epoch */
export function instant(text: string): number {
  if (z.iso.datetime({ offset: true }).safeParse(text).success) return Date.parse(text);
  throw new InvalidArgumentError('It must be an instant with its time zone, for example 2030-12-31T22:00:00Z.');
}

/** Documents know no later one. */
const LATEST = Date.parse('9999-12-31T23:59:59Z');

/** An instant as documents have it: UTC, whole seconds. @param time ms since the epoch */
export function utc(time: number): string {
  return new Date(Math.min(time, LATEST)).toISOString().replace(/\.\d+Z$/, 'Z');
}
