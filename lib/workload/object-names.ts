import type { IConstruct } from 'constructs';
import { reportFault } from '../errors/deferred';
import { SynthError } from '../errors/synth-error';

/** An object, as the cluster tells it from others. */
export interface ObjectName {
  readonly apiVersion: string;
  readonly kind: string;
  /** Absent: it is of the whole cluster. */
  readonly namespace?: string;
  readonly name: string;
}

/** Owners of objects, by program and object. */
const taken = new WeakMap<IConstruct, Map<string, IConstruct>>();
/** For each construct, those whose names it was told to have taken. */
const told = new WeakMap<IConstruct, Set<IConstruct>>();

/**
 * Takes the name of an object. One that another construct has fails the synthesis, once for each of these: of two objects
 * of one name the cluster keeps the one that is applied last, and the first loses what holds it back.
 */
export function claimObjectName(owner: IConstruct, { apiVersion, kind, namespace = '', name }: ObjectName): void {
  const { root } = owner.node;
  const owners = taken.get(root) ?? new Map<string, IConstruct>();
  taken.set(root, owners);
  const group = apiVersion.includes('/') ? apiVersion.split('/')[0] : '';
  const key = JSON.stringify([group, kind, namespace, name]);
  const other = owners.get(key);
  if (other === undefined) return void owners.set(key, owner);
  if (!tell(owner, other)) return;
  const fault = {
    message: `"${name}" is the name of the ${kind} of ${other.node.path} already`,
    remedy: 'Choose another id, since objects are named after it',
  };
  reportFault(owner, new SynthError('NAME_TAKEN', owner, fault));
}

/** Notes that a construct was told of another one's name already. @returns false if that was noted before */
export function tell(owner: IConstruct, other: IConstruct): boolean {
  const known = told.get(owner) ?? new Set<IConstruct>();
  told.set(owner, known);
  if (known.has(other)) return false;
  known.add(other);
  return true;
}
