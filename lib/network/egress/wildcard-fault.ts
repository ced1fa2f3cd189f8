import type { EgressFault } from './egress-engine';
import { wildcardOf, type HostRule } from './host-rule';

const MEANING = { oneLabel: 'exactly one label', anyDepth: 'one or more labels' } as const;

/** Faults for the wildcards that an engine would read as wider, or not at all. */
export function wildcardFaults(
  engine: string,
  hosts: readonly HostRule[],
  supported: 'oneLabel' | 'anyDepth',
): EgressFault[] {
  return hosts.flatMap(({ host }) => {
    const wildcard = wildcardOf(host);
    if (wildcard === 'none' || wildcard === supported) return [];
    return [
      {
        message: `"${host}" stands for ${MEANING[wildcard]}, which ${engine} cannot hold: its wildcard stands for ${MEANING[supported]}`,
        remedy: `Name the hosts one by one, or ask for "${supported === 'oneLabel' ? '*.' : '**.'}" if that is what you mean`,
      },
    ];
  });
}
