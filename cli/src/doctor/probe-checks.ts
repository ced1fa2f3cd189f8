import type { Check } from './check.js';
import type { DnsFacts } from './options.js';
import type { Observations } from './probe.js';
import type { Direction, StepId } from './probe-step.js';

const ANSWERS = / answers$/;

const PLUGINS =
  'use a network plugin that enforces NetworkPolicy (Cilium, Calico, Antrea, OVN-Kubernetes, kube-router), or switch enforcement on in the one that you have';

/** What a check is made of: the steps whose policies show it, and what to say. */
interface Question {
  readonly id: string;
  readonly steps: readonly StepId[];
  readonly ok: string;
  readonly failed: string;
  readonly remedy: string;
}

/**
 * What the observations of a direction prove. A check is ok only if the connection worked before, was as its policies
 * say under them, and worked again afterwards.
 */
export function probeChecks(direction: Direction, observations: Observations, dns: DnsFacts): Check[] {
  return questions(direction, dns).map((question) => answer(question, observations));
}

/** The same checks, when none could be made. */
export function unknownProbeChecks(reason: string, dns: DnsFacts): Check[] {
  const nothing = { seen: new Map(), stopped: reason };
  return (['ingress', 'egress'] as const).flatMap((direction) => probeChecks(direction, nothing, dns));
}

function answer({ id, steps, ok, failed, remedy }: Question, { seen, stopped }: Observations): Check {
  const before = seen.get('before');
  const own = steps.map((step) => seen.get(step)).filter((observation) => observation !== undefined);
  if (before?.met !== true || own.length < steps.length)
    return { id, status: 'unknown', detail: stopped ?? 'not tried', remedy: remedyForUnknown(before?.met) };
  const amiss = own.flatMap((observation) => observation.amiss);
  // What answers although a policy forbids it needs no further proof; what does not may have another cause.
  if (amiss.some((text) => ANSWERS.test(text))) return { id, status: 'failed', detail: detail(failed, amiss), remedy };
  if (seen.get('after')?.met !== true) return notRestored(id, seen.get('after')?.amiss, stopped);
  return amiss.length === 0
    ? { id, status: 'ok', detail: ok }
    : { id, status: 'failed', detail: detail(failed, amiss), remedy };
}

function notRestored(id: string, amiss: readonly string[] | undefined, stopped = ''): Check {
  const why = amiss === undefined ? stopped : `${amiss.join(', ')}, also once the policy was gone`;
  return { id, status: 'unknown', detail: `it is not known whether the policy did it: ${why}`, remedy: 'run it again' };
}

function detail(failed: string, amiss: readonly string[]): string {
  return `${failed} (${[...new Set(amiss)].join(', ')})`;
}

function remedyForUnknown(worked: boolean | undefined): string | undefined {
  return worked === false
    ? 'see whether another policy of the namespace or of the cluster holds the probe, and whether pods reach each other'
    : undefined;
}

function questions(direction: Direction, dns: DnsFacts): Question[] {
  const peers = direction === 'ingress' ? 'enter from pods' : 'reach pods';
  const remedy = `report it to the makers of the network plugin; until then, its ${direction} rules open more or less than they say`;
  return [
    {
      id: `${direction}-denied`,
      steps: ['deny'],
      ok: `connections worked, a policy that denies ${direction} cut them, and they worked again without it`,
      failed: `NetworkPolicy is NOT enforced by this cluster's network for ${direction}: policies are only text`,
      remedy: PLUGINS,
    },
    ...(direction === 'egress' ? [dnsQuestion(dns)] : []),
    {
      id: `${direction}-port`,
      steps: ['one-port'],
      ok: 'the allowed port answers, the other ports of the same pod do not',
      failed: `a rule for one port does not open exactly this port for ${direction}`,
      remedy,
    },
    {
      id: `${direction}-selectors`,
      steps: ['other-namespace', 'other-pods'],
      ok: `connections ${peers} of the named namespace (kubernetes.io/metadata.name) with the named labels, and no others`,
      failed: `namespaceSelector and podSelector of one peer are not both held for ${direction}`,
      remedy,
    },
    {
      id: `${direction}-port-range`,
      steps: ['port-range'],
      ok: 'all ports up to endPort answer, the one after it does not',
      failed: `endPort is not held for ${direction}`,
      remedy,
    },
  ];
}

function dnsQuestion({ namespace, podLabels, port, cidrs }: DnsFacts): Question {
  const labels = Object.entries(podLabels).map(([key, value]) => `${key}=${value}`);
  const place = [`pods ${labels.join(',')} of ${namespace}`, ...cidrs].join(' and ');
  return {
    id: 'dns',
    steps: ['dns'],
    ok: `with egress to ${place} at port ${port} alone, names are resolved over UDP and TCP, and nothing else answers`,
    failed: `egress to ${place} at port ${port} does not open DNS and nothing else`,
    remedy:
      'find where the pods resolve names, give it with --dns-namespace, --dns-labels, --dns-port and --dns-cidr, and say the same in ClusterProfile (dns: ClusterDns...)',
  };
}
