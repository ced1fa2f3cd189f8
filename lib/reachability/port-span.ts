import { everyPolicy, type AppliedPolicies } from './applied-policies';
import type { Party } from './party';
import type { Direction } from './policy';
import { LAST_PORT } from './protocol';

/** Ports from the first to the last. */
export interface PortSpan {
  readonly first: number;
  readonly last: number;
}

/** Spans of ports within which policies treat all ports of a target alike. */
export function spansOf(target: Party, sides: readonly (readonly [AppliedPolicies, Direction])[]): PortSpan[] {
  const edges = new Set([1]);
  for (const [policies, direction] of sides) {
    for (const { policy } of everyPolicy(policies)) {
      for (const { direction: of, ports } of policy.rules) {
        if (of === direction) ports?.forEach((one) => one.edges(target).forEach((edge) => edges.add(edge)));
      }
    }
  }
  const firsts = [...edges].filter((edge) => edge <= LAST_PORT).sort((a, b) => a - b);
  return firsts.map((first, i) => ({ first, last: (firsts[i + 1] ?? LAST_PORT + 1) - 1 }));
}

/** `443`, `8000-8080` or `all`. */
export function spanText({ first, last }: PortSpan): string {
  if (first === 1 && last === LAST_PORT) return 'all';
  return first === last ? String(first) : `${first}-${last}`;
}

export function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 1 && port <= LAST_PORT;
}
