import type { FactSheet, Owner } from '../fact.js';
import { Facts } from './facts.js';
import type { Fields } from './pod-spec.js';

/** Labels and annotations by which pods, or namespaces for theirs, ask for a sidecar of a mesh, or keep it out. */
export const INJECTION = [
  'sidecar.istio.io/inject',
  'istio-injection',
  'istio.io/rev',
  'istio.io/dataplane-mode',
  'linkerd.io/inject',
] as const;

const OFF: readonly unknown[] = ['false', 'disabled', 'none'];
const ON: readonly unknown[] = ['true', 'enabled'];

/** Whether pods are part of a mesh, which encrypts and checks what they say to each other. */
export function meshFacts(owner: Owner, { labels, annotations }: { labels: Fields; annotations: Fields }): FactSheet {
  const facts = new Facts(owner, 'mesh');
  const said: Fields = { ...annotations, ...labels };
  for (const key of INJECTION) {
    const value = said[key];
    if (value === undefined) continue;
    if (OFF.includes(value)) facts.grant('hardening', `${key} off`, `is kept out of the mesh (${key})`);
    else facts.restriction('hardening', key, `what makes it a part of the mesh (${key})`);
    // Which mesh it is, or which revision of one.
    if (!OFF.includes(value) && !ON.includes(value)) facts.setting('hardening', `${key} value`, key, value as string);
  }
  return facts;
}
