import { BUILT_IN_KINDS, POD_KINDS } from './pruned-kinds.js';

/** An app of a folder of manifests. */
export interface PrunedApp {
  /** Its id, the value of the label `agentyard.dev/app`. */
  readonly id: string;
  readonly namespaces: readonly string[];
  /** Kinds beside those that every cluster has. */
  readonly installedKinds: readonly string[];
}

/** The object that stands for an ApplySet. */
export interface SetParent {
  /** As kubectl takes it: `configmaps/<name>`, or `<resource>.<group>/<name>`. */
  readonly name: string;
  /** Absent for one of the whole cluster. */
  readonly namespace?: string;
}

/** The label of objects that says which app they are of. */
export const APP_LABEL = 'agentyard.dev/app';

/**
 * The commands that bring definitions of kinds in, and wait until the cluster serves the kinds. On the server's side, since
 * a large definition does not fit into the annotation that kubectl keeps else.
 */
export function applyDefinitions(directory: string): string[] {
  const all = `-R -f ${quoted(directory)}`;
  return [`kubectl apply --server-side ${all}`, `kubectl wait --for=condition=Established --timeout=60s ${all}`];
}

/** The command that applies all of a folder: with `--prune`, kubectl applies only what carries the label. */
export function applyAll(directory: string): string {
  return `kubectl apply -R -f ${quoted(directory)}`;
}

/**
 * The commands that apply what belongs to an app, and remove what carries its label and is no longer there. Pods that end
 * may run on for the time of their longest request, so what they run under is removed when the last has ended.
 */
export function pruneByLabel(directory: string, { id, installedKinds }: PrunedApp): string[] {
  const label = quoted(`${APP_LABEL}=${id}`);
  const prune = (kinds: readonly string[], ...flags: string[]) =>
    lines([applyAll(directory), `--prune -l ${label}`, ...flags, ...kinds.map((kind) => `--prune-allowlist=${kind}`)]);
  const ending = `kubectl get deployments,statefulsets,cronjobs,jobs -A -l ${label} -o 'jsonpath={.items[*].metadata.deletionTimestamp}'`;
  return [
    prune(POD_KINDS, '--cascade=foreground'),
    `until [ -z "$(${ending})" ]; do sleep 2; done`,
    prune([...BUILT_IN_KINDS, ...installedKinds]),
  ];
}

/** The command that applies all of a folder as an ApplySet, whose parent object remembers what is in it. */
export function pruneBySet(directory: string, parent: SetParent): string {
  const place = parent.namespace === undefined ? '' : ` --namespace=${quoted(parent.namespace)}`;
  return lines([`KUBECTL_APPLYSET=true ${applyAll(directory)}`, `--prune --applyset=${quoted(parent.name)}${place}`]);
}

function lines(parts: readonly string[]): string {
  return parts.join(' \\\n  ');
}

/** A word of a POSIX shell. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
