import type { FactSheet, Owner } from '../fact.js';
import { Facts } from './facts.js';
import { fieldsOf, listOf, type Container, type Fields, type PodSpec } from './pod-spec.js';

const HOST: Readonly<Record<string, string>> = {
  hostNetwork: 'uses the network of its node, past every policy',
  hostPID: 'sees the processes of its node',
  hostIPC: 'shares memory with processes of its node',
  shareProcessNamespace: 'lets its containers see the processes of each other',
};

/** What containers have unless it is dropped. */
const DEFAULT_CAPABILITIES: readonly string[] = [
  ...['AUDIT_WRITE', 'CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'FSETID', 'KILL', 'MKNOD', 'NET_BIND_SERVICE', 'NET_RAW'],
  ...['SETFCAP', 'SETGID', 'SETPCAP', 'SETUID', 'SYS_CHROOT'],
];

/** What pods may do because something does not hold them back. */
export function hardeningFacts(owner: Owner, spec: PodSpec): FactSheet {
  const facts = new Facts(owner, 'pod');
  for (const [member, text] of Object.entries(HOST)) {
    if (spec[member] === true) facts.grant('hardening', member, text);
  }
  if (spec.enableServiceLinks !== false) {
    facts.grant('hardening', 'enableServiceLinks', 'gets the addresses of all Services of its namespace as variables');
  }
  for (const sysctl of listOf(spec.securityContext.sysctls)) {
    const text = `${sysctl.name as string}=${sysctl.value as string}`;
    facts.grant('hardening', `sysctl ${text}`, `sets the kernel parameter ${text}`);
  }
  const { fsGroup, supplementalGroups } = spec.securityContext;
  for (const [name, value] of Object.entries({ fsGroup, supplementalGroups })) {
    facts.setting('hardening', name, name, value === undefined ? undefined : JSON.stringify(value));
    if ([value].flat().includes(0)) facts.grant('hardening', `${name} 0`, `is in the root group (${name} 0)`);
  }
  if (spec.hostUsers === false) facts.restriction('hardening', 'hostUsers', 'user ids of its own (hostUsers)');
  if (typeof spec.runtimeClassName === 'string') {
    facts.restriction('hardening', `runtime ${spec.runtimeClassName}`, `the runtime class ${spec.runtimeClassName}`);
  }
  return Facts.joined([facts, ...spec.containers.map((container) => containerFacts(owner, spec, container))]);
}

function containerFacts(owner: Owner, { securityContext: pod }: PodSpec, container: Container): FactSheet {
  const facts = new Facts(owner, 'container', `container ${container.name}: `);
  // What a container says goes before what its pod says.
  const security: Fields = { ...pod, ...container.securityContext };
  const grant = (is: boolean, subject: string, text: string, within: readonly string[] = []) => {
    if (is) facts.grant('hardening', subject, text, within);
  };
  const isPrivileged = security.privileged === true;
  const escalates = security.allowPrivilegeEscalation !== false;
  grant(isPrivileged, 'privileged', 'is privileged: it may do all that its node may');
  grant(escalates, 'allowPrivilegeEscalation', 'may gain privileges (allowPrivilegeEscalation)');
  grant(security.readOnlyRootFilesystem !== true, 'readOnlyRootFilesystem', 'may write to its root file system');
  grant(security.runAsNonRoot !== true, 'runAsNonRoot', 'is not kept from running as root (runAsNonRoot)');
  grant(security.runAsUser === 0, 'root', 'runs as root (runAsUser 0)');
  grant(security.runAsGroup === 0, 'root group', 'runs in the root group (runAsGroup 0)');
  grant(security.procMount === 'Unmasked', 'procMount', 'sees all of /proc (procMount Unmasked)');
  grant(fieldsOf(security.windowsOptions).hostProcess === true, 'hostProcess', 'is a process of its Windows node');
  addSeccomp(facts, fieldsOf(security.seccompProfile));
  addAppArmor(facts, fieldsOf(security.appArmorProfile));
  addCapabilities(facts, fieldsOf(security.capabilities));
  for (const name of ['runAsUser', 'runAsGroup'] as const) {
    const id = security[name];
    facts.setting('hardening', name, name, id === undefined || id === 0 ? undefined : JSON.stringify(id));
  }
  for (const { hostPort } of container.ports) {
    grant(hostPort !== undefined, `hostPort ${String(hostPort)}`, `listens on port ${String(hostPort)} of its node`);
  }
  return facts;
}

/** Without a profile a container has what its node gives it, which is mostly none. */
function addSeccomp(facts: Facts, { type, localhostProfile }: Fields): void {
  if (type === undefined || type === 'Unconfined') facts.grant('hardening', 'seccomp', 'has no seccomp profile');
  facts.setting('hardening', 'seccomp profile', 'seccomp profile', localhostProfile as string | undefined);
}

/** Nodes that have AppArmor give containers its default profile without being asked. */
function addAppArmor(facts: Facts, { type, localhostProfile }: Fields): void {
  if (type === 'Unconfined') facts.grant('hardening', 'AppArmor', 'is not confined by AppArmor');
  else if (type !== undefined)
    facts.restriction('hardening', 'AppArmor profile', 'an AppArmor profile that it asks for');
  facts.setting('hardening', 'AppArmor localhost', 'AppArmor profile', localhostProfile as string | undefined);
}

function addCapabilities(facts: Facts, { add, drop }: Fields): void {
  const added = Array.isArray(add) ? (add as string[]) : [];
  const dropped = Array.isArray(drop) ? (drop as string[]) : [];
  const kept = dropped.includes('ALL') ? [] : DEFAULT_CAPABILITIES.filter((one) => !dropped.includes(one));
  if (kept.length === DEFAULT_CAPABILITIES.length) {
    facts.grant('hardening', 'default capabilities', 'keeps the capabilities that containers have by default');
  }
  for (const one of new Set([...kept, ...added])) {
    const isDefault = DEFAULT_CAPABILITIES.includes(one);
    if (kept.length === DEFAULT_CAPABILITIES.length && isDefault) continue;
    const within = ['capability ALL', ...(isDefault ? ['default capabilities'] : [])];
    facts.grant('hardening', `capability ${one}`, `has the capability ${one}`, one === 'ALL' ? [] : within);
  }
}
