import { Resource, type IServiceAccount } from 'cdk8s-plus-29';
import type { IConstruct } from 'constructs';
import { reportFault } from '../lib/errors/deferred';
import { SynthError } from '../lib/errors/synth-error';
import { warn } from '../lib/errors/warning';

type Annotations = Readonly<Record<string, string>>;

/** Says what a ServiceAccount of elsewhere needs, if its own annotations cannot be read. */
export function warnOfForeignAccount(place: IConstruct, account: IServiceAccount, needed: Annotations): void {
  if (account instanceof Resource) return;
  for (const [key, value] of Object.entries(needed)) {
    warn(place, 'SERVICE_ACCOUNT_FOREIGN', {
      message: `its ServiceAccount "${account.name}" is made elsewhere, and its credentials need an annotation there`,
      remedy: `Annotate it: ${key}: ${value}`,
    });
  }
}

/** What a ServiceAccount of the same program lacks for the pods of a workload; known when the program is complete. */
export function accountFaults(
  place: IConstruct,
  namespace: string,
  account: IServiceAccount,
  needed: Annotations,
): string[] {
  if (!(account instanceof Resource)) return [];
  const { metadata, name } = account;
  const { annotations = {} } = metadata.toJson() as { readonly annotations?: Annotations };
  const faults = Object.entries(needed)
    .filter(([key, value]) => annotations[key] !== value)
    .map(([key, value]) => ({
      message: `its ServiceAccount "${name}" lacks the annotation that its credentials need`,
      remedy: `Add it: metadata.addAnnotation('${key}', '${value}')`,
    }));
  if (metadata.namespace !== namespace) {
    faults.push({
      message: `its ServiceAccount "${name}" is in the namespace "${metadata.namespace ?? ''}", its pods are in "${namespace}"`,
      remedy: 'Use one of the same namespace',
    });
  }
  return faults.map((fault) => new SynthError('SERVICE_ACCOUNT_INVALID', place, fault).message);
}

/** Owners of ServiceAccounts, by program and subject. */
const owners = new WeakMap<IConstruct, Map<string, IConstruct>>();

/** Services know each other by their ServiceAccounts, so those that call others have one each. */
export function claimAccount(place: IConstruct, subject: string): void {
  const { root } = place.node;
  const known = owners.get(root) ?? new Map<string, IConstruct>();
  owners.set(root, known);
  const owner = known.get(subject);
  known.set(subject, owner ?? place);
  if (owner === undefined) return;
  const fault = {
    message: `its ServiceAccount is that of ${owner.node.path} too, so services could not tell the two apart`,
    remedy: 'Give each of them one of its own; they may carry the same annotations',
  };
  reportFault(place, new SynthError('SERVICE_ACCOUNT_INVALID', place, fault));
}
