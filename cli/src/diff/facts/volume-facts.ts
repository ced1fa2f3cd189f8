import type { FactSheet, Owner } from '../fact.js';
import { Facts } from './facts.js';
import { fieldsOf, type Fields, type PodSpec, type Volume } from './pod-spec.js';
import { limitOf } from './quantity.js';

/** Volumes that hold nothing but what manifests and the pod itself put there. */
const OWN = ['configMap', 'downwardAPI', 'emptyDir', 'projected', 'secret'];

/** What pods see of storage that is not their own, and how large their own may be. */
export function volumeFacts(owner: Owner, spec: PodSpec): FactSheet {
  const facts = new Facts(owner, 'pod');
  const mounts = spec.containers.flatMap(({ volumeMounts }) => volumeMounts);
  const own: FactSheet[] = [];
  for (const volume of spec.volumes) {
    const kind = Object.keys(volume).find((key) => key !== 'name') ?? 'emptyDir';
    if (kind === 'image') addImage(facts, volume);
    else if (OWN.includes(kind)) own.push(addOwn(facts, owner, volume, kind));
    else addForeign(facts, volume, kind, mounts);
  }
  return Facts.joined([facts, ...own]);
}

/** @returns what limits the volume, if it is there */
function addOwn(facts: Facts, owner: Owner, volume: Volume, kind: string): FactSheet {
  const { sizeLimit, ...rest } = fieldsOf(volume[kind]);
  const text = `volume ${volume.name}`;
  facts.secretSetting('volumes', text, `${text} (${kind})`, JSON.stringify({ kind, rest }));
  const size = new Facts(owner, `${kind} ${volume.name}`);
  if (kind === 'emptyDir') {
    size.limit('limits', `size of ${text}`, `size of ${text}`, limitOf(sizeLimit), () => String(sizeLimit));
  }
  return size;
}

/** Files of an image are as those of the container's own image: what they are, and not what may be done. */
function addImage(facts: Facts, { name, image }: Volume): void {
  const { reference, ...rest } = fieldsOf(image);
  facts.setting('image', `image of volume ${name}`, `image of volume ${name}`, String(reference));
  facts.secretSetting('volumes', `volume ${name}`, `volume ${name} (image)`, JSON.stringify(rest));
}

function addForeign(facts: Facts, volume: Volume, kind: string, mounts: readonly Fields[]): void {
  const source = fieldsOf(volume[kind]);
  const what = sourceText(kind, source);
  const isReadOnly = (mount: Fields) => mount.readOnly === true || source.readOnly === true;
  const own = mounts.filter(({ name }) => name === volume.name);
  facts.grant('volumes', what, `has ${what}`);
  if (own.some((mount) => !isReadOnly(mount))) facts.grant('volumes', `writes ${what}`, `may write to ${what}`);
  const details = `details of ${what}`;
  const isNamed = kind === 'hostPath' || kind === 'persistentVolumeClaim';
  // Those of other kinds say what is on the volume.
  if (isNamed) facts.secretSetting('volumes', details, details, JSON.stringify(source));
  else facts.tellingSetting('volumes', details, details, JSON.stringify(source));
}

function sourceText(kind: string, source: Fields): string {
  switch (kind) {
    case 'persistentVolumeClaim':
      return `PersistentVolumeClaim ${String(source.claimName)}`;
    case 'hostPath':
      return `the folder ${String(source.path)} of its node (hostPath)`;
    case 'csi':
      return `a volume of the driver ${String(source.driver)}`;
    default:
      return `a volume of kind ${kind}`;
  }
}
