import type { IConstruct } from 'constructs';
import { reportFault } from '../lib/errors/deferred';
import { SynthError } from '../lib/errors/synth-error';
import { warn } from '../lib/errors/warning';
import { bypassingAnnotations, forbiddenAnnotations } from '../lib/hardening/pod-annotations';
import { NOBODY, type SecuritySettings } from '../lib/hardening/pod-security';
import type { PodOptions } from './pod-options';
import type { PodSecurity } from './pod-security';

const CONSTRAINTS_ANNOTATION = 'openshift.io/required-scc';
/** Security context constraints of OpenShift that hold what Pod Security `restricted` asks. */
const RESTRICTED_CONSTRAINTS = ['restricted-v2', 'restricted-v3', 'nonroot-v2'];
const IDS = ['runAsUser', 'runAsGroup', 'fsGroup'] as const;
const LARGEST_ID = 2 ** 31 - 1;

/** Security of a workload's pods, and what they are annotated with for it. */
export interface WorkloadSecurity {
  readonly settings: SecuritySettings;
  readonly annotations: Readonly<Record<string, string>>;
}

/**
 * The security that options and cluster make together.
 *
 * @param assignsUsers whether the cluster assigns users, as OpenShift does under `restricted-v2`
 */
export function securityOf(place: IConstruct, options: PodOptions, assignsUsers: boolean): WorkloadSecurity {
  const { security = {}, podAnnotations = {} } = options;
  const constraints = assignsUsers ? (podAnnotations[CONSTRAINTS_ANNOTATION] ?? 'restricted-v2') : undefined;
  warnOfWeakened(place, [...weakenedBy(security, constraints), ...bypassedBy(podAnnotations)]);
  refuseForbidden(place, security);
  for (const annotation of forbiddenAnnotations(podAnnotations)) {
    refuse(place, `podAnnotations hold ${annotation}`, 'Pod Security `restricted` refuses it; leave it out');
  }
  const assigned = constraints?.startsWith('restricted') ?? false;
  if (assigned) refuseAssigned(place, security);
  const { readOnlyRootFilesystem = true, serviceLinks = false } = security;
  return {
    settings: { ...identity(security, assigned, assignsUsers), readOnlyRootFilesystem, serviceLinks },
    annotations: constraints === undefined ? {} : { [CONSTRAINTS_ANNOTATION]: constraints },
  };
}

function identity(security: PodSecurity, assigned: boolean, assignsUsers: boolean) {
  if (assigned) return {};
  const { runAsUser, runAsGroup, fsGroup, seccompProfile } = security;
  const usual = assignsUsers ? undefined : NOBODY;
  return {
    runAsUser: runAsUser ?? usual,
    runAsGroup: runAsGroup ?? usual,
    fsGroup: fsGroup ?? usual,
    seccompProfile,
  };
}

function warnOfWeakened(place: IConstruct, weaknesses: readonly string[]): void {
  for (const message of weaknesses) {
    warn(place, 'SECURITY_WEAKENED', { message, remedy: 'Leave it out, unless what runs there needs it' });
  }
}

function bypassedBy(annotations: Readonly<Record<string, string>>): string[] {
  return bypassingAnnotations(annotations).map(
    (key) => `podAnnotations hold ${key}, and NetworkPolicies do not hold on further networks`,
  );
}

function weakenedBy(security: PodSecurity, constraints: string | undefined): string[] {
  return [
    ...(security.readOnlyRootFilesystem === false
      ? ['security.readOnlyRootFilesystem is false, so the root file system can be written']
      : []),
    ...(security.serviceLinks === true
      ? ['security.serviceLinks is true, so the pods see every Service of the namespace']
      : []),
    ...(security.automountToken === true
      ? ["security.automountToken is true, so the pods hold their ServiceAccount's token"]
      : []),
    ...(constraints === undefined || RESTRICTED_CONSTRAINTS.includes(constraints)
      ? []
      : [`podAnnotations ask for the security context constraints "${constraints}"`]),
  ];
}

function refuseForbidden(place: IConstruct, security: PodSecurity): void {
  for (const id of IDS) {
    const value = security[id];
    const least = id === 'runAsUser' ? 1 : 0;
    if (value === undefined || (Number.isInteger(value) && value >= least && value <= LARGEST_ID)) continue;
    const remedy =
      value === 0 ? 'Pod Security `restricted` refuses root; give another user' : `Give an id from ${least} on`;
    refuse(place, `security.${id} is ${value}`, remedy);
  }
  const { seccompProfile } = security;
  if (seccompProfile === undefined || /^(?!\/)(?!(.*\/)?\.\.(\/|$)).+$/.test(seccompProfile)) return;
  refuse(
    place,
    `security.seccompProfile is "${seccompProfile}"`,
    "Give a path below the kubelet's folder for seccomp profiles, without '..'",
  );
}

/** Where the cluster assigns users, it admits no pod that names one. */
function refuseAssigned(place: IConstruct, security: PodSecurity): void {
  for (const prop of [...IDS, 'seccompProfile'] as const) {
    if (security[prop] === undefined) continue;
    refuse(
      place,
      `security.${prop} is ${security[prop]}, and the cluster decides it for pods under restricted-v2`,
      `Leave it out, or name the constraints that admit it: podAnnotations: { '${CONSTRAINTS_ANNOTATION}': 'nonroot-v2' }`,
    );
  }
}

function refuse(place: IConstruct, message: string, remedy: string): void {
  reportFault(place, new SynthError('SECURITY_FORBIDDEN', place, { message, remedy }));
}
