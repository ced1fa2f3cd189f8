import type { DnsFacts } from './options.js';
import { dnsRules, type PolicyPeer, type PolicyRule } from './probe-policy.js';
import type { ProbeScope } from './probe-scope.js';

/** Side of a connection that a policy is about: the listener's or the caller's. */
export type Direction = 'ingress' | 'egress';

/** Ports of the listener. The last three are a range of two and the port after it. */
export const LISTENER_PORTS = [8080, 8081, 8090, 8091, 8092] as const;
const [FIRST, SECOND, RANGE_FROM, RANGE_TO] = LISTENER_PORTS;

/** A namespace that policies name and that need not exist. */
const ELSEWHERE = 'agentyard-doctor-elsewhere';

export type StepId = 'before' | 'deny' | 'dns' | 'one-port' | 'other-namespace' | 'other-pods' | 'port-range' | 'after';

/**
 * A policy and what must answer under it; all else must not. Each step opens a port that the one before has closed, or
 * closes what it has opened, so that what the caller sees under the policy before is never taken for the new one's work.
 */
export interface ProbeStep {
  readonly id: StepId;
  /** What the policy allows; absent: there is no policy. */
  readonly rules?: readonly PolicyRule[];
  /** Ports of the listener that answer. */
  readonly open: readonly number[];
  /** Whether DNS answers. */
  readonly dns: boolean;
}

/** The steps of a direction, in order. They begin and end without a policy. */
export function probeSteps(direction: Direction, scope: ProbeScope, dns: DnsFacts): ProbeStep[] {
  const peer: PolicyPeer = {
    namespace: scope.namespace,
    podLabels: scope.podLabels(direction === 'ingress' ? 'caller' : 'listener'),
  };
  const elsewhere = { ...peer, namespace: ELSEWHERE };
  const nobody = { ...peer, podLabels: scope.podLabels('nobody') };
  const dnsStep: ProbeStep = { id: 'dns', rules: dnsRules(dns), open: [], dns: true };
  return [
    { id: 'before', open: LISTENER_PORTS, dns: true },
    { id: 'deny', rules: [], open: [], dns: false },
    ...(direction === 'egress' ? [dnsStep] : []),
    { id: 'one-port', rules: [tcp(peer, FIRST)], open: [FIRST], dns: false },
    { id: 'other-namespace', rules: [tcp(elsewhere, FIRST), tcp(peer, SECOND)], open: [SECOND], dns: false },
    { id: 'other-pods', rules: [tcp(nobody, FIRST), tcp(peer, RANGE_FROM)], open: [RANGE_FROM], dns: false },
    { id: 'port-range', rules: [tcp(peer, RANGE_FROM, RANGE_TO)], open: [RANGE_FROM, RANGE_TO], dns: false },
    { id: 'after', open: LISTENER_PORTS, dns: true },
  ];
}

function tcp(peer: PolicyPeer, port: number, endPort?: number): PolicyRule {
  return { peer, ports: [{ protocol: 'TCP', port, endPort }] };
}
