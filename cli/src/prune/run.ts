import { DevError } from '../dev/dev-error.js';
import { Manifests } from '../dev/manifests.js';
import type { Terminal } from '../dev/terminal.js';
import { orTold } from '../evaluated/told.js';
import { definitionsApart, refuseUnknownKinds } from './definitions.js';
import {
  APP_LABEL,
  applyAll,
  applyDefinitions,
  pruneByLabel,
  pruneBySet,
  type PrunedApp,
  type SetParent,
} from './prune-commands.js';
import { CLUSTER_SCOPED, INSTALLED_KINDS, kindOf } from './pruned-kinds.js';

export interface PruneOptions {
  readonly manifestsDirectory: string;
  /** Installed kinds that the cluster may still have objects of, though the manifests have none. */
  readonly kind: readonly string[];
  /** As an ApplySet with a ConfigMap as its parent. */
  readonly applyset?: boolean;
  /** As an ApplySet with this parent, which is of the whole cluster. */
  readonly parent?: string;
}

/** Prints the commands that apply a folder of manifests and remove what is no longer in it. @returns the exit code */
export function runPrune(options: PruneOptions, terminal: Terminal): Promise<number> {
  return orTold(terminal, async () => {
    const { manifestsDirectory, applyset = false, parent } = options;
    const folders = await definitionsApart(manifestsDirectory);
    const platform = folders?.platform ?? manifestsDirectory;
    const { objects } = await Manifests.load(platform);
    refuseUnknownKinds(platform, objects);
    const apps = appsOf(objects, options.kind);
    const asSet = applyset || parent !== undefined;
    const commands = asSet
      ? [pruneBySet(platform, parentOf(theOnly(apps), parent))]
      : [applyAll(platform), ...apps.flatMap((app) => pruneByLabel(platform, app))];
    const first = folders === undefined ? [] : applyDefinitions(folders.definitions);
    terminal.out(`${[...first, ...commands].join(' &&\n')}\n`);
    return 0;
  });
}

interface Labelled {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly namespace?: string; readonly labels?: Readonly<Record<string, string>> };
}

function appsOf(objects: readonly Labelled[], kinds: readonly string[]): PrunedApp[] {
  const ids = [...new Set(objects.map(({ metadata }) => metadata.labels?.[APP_LABEL]))].filter(
    (id) => id !== undefined,
  );
  if (ids.length === 0) {
    throw new DevError(
      `no object carries the label ${APP_LABEL}; give the app an id: new App({ id: 'support-platform' })`,
    );
  }
  const odd = ids.find((id) => !/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(id));
  if (odd !== undefined) throw new DevError(`the label ${APP_LABEL} has the value "${odd}", which is no id of an app`);
  return ids.sort().map((id) => {
    const own = objects.filter(({ metadata }) => metadata.labels?.[APP_LABEL] === id);
    const there = own.map(kindOf);
    const namespaces = [
      ...new Set(
        own.filter(({ kind }) => !CLUSTER_SCOPED.includes(kind)).map(({ metadata }) => metadata.namespace ?? 'default'),
      ),
    ];
    return {
      id,
      namespaces,
      installedKinds: INSTALLED_KINDS.filter((kind) => there.includes(kind) || kinds.includes(kind)),
    };
  });
}

/** An ApplySet takes a whole folder, so there can be one only. */
function theOnly(apps: readonly PrunedApp[]): PrunedApp {
  const [app] = apps;
  if (app !== undefined && apps.length === 1) return app;
  throw new DevError(
    `the manifests are of several apps: ${apps.map(({ id }) => id).join(', ')}; apply each from a folder of its own`,
  );
}

/** kubectl makes a ConfigMap as parent if need be, and takes no object of another namespace then. */
function parentOf({ id, namespaces }: PrunedApp, given: string | undefined): SetParent {
  if (given !== undefined) return { name: given };
  const [namespace, ...others] = namespaces;
  if (others.length === 0) return { name: `configmaps/agentyard-${id}`, namespace };
  throw new DevError(
    `the objects of ${id} are in several namespaces: ${namespaces.join(', ')}; name a parent that is of the whole cluster (--parent <resource>.<group>/<name>), or remove by label, without --applyset`,
  );
}
