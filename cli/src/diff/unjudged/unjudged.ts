import type { KubernetesObject } from 'agentyard/reachability';
import type { Evaluated } from '../../evaluated/evaluated.js';
import type { Change } from '../change.js';
import { fieldsOf, templatePath } from '../facts/pod-spec.js';
import { groupKindOf } from '../group-kind.js';
import { leavesOf } from '../leaves.js';
import type { Places } from '../places.js';
import { isEvaluated, isJudged, isJudgedInDocument } from './judged-paths.js';
import { mayPermit, mayPermitByPresence } from './sensitivity.js';

/** So many paths of one object are told; of the others their number is. */
const MOST_PATHS = 5;

/** Fields that changed and that nothing else tells of, so that no change is silent. */
export function unjudgedChanges(before: Evaluated, after: Evaluated, places: Places): Change[] {
  const old = byIdentity(before.objects);
  const fresh = byIdentity(after.objects);
  const objects = [...new Set([...old.keys(), ...fresh.keys()])].flatMap((key) => {
    const was = old.get(key);
    const is = fresh.get(key);
    if (was === undefined || is === undefined) return presenceChange((is ?? was) as KubernetesObject, is !== undefined);
    return fieldChanges({
      ...{ title: titleOf(is), place: places.of(is).place, old: leavesOf(was), fresh: leavesOf(is) },
      isTold: (path) => isJudged(is, path) || (isDocument(before, was, path) && isDocument(after, is, path)),
      permits: (path) => mayPermit(was, path) || mayPermit(is, path),
    });
  });
  return [...objects, ...documentChanges(before, after, places)];
}

function documentChanges(before: Evaluated, after: Evaluated, places: Places): Change[] {
  return after.platform.workloads.flatMap((workload) => {
    const other = before.platform.workloads.find(({ title }) => title === workload.title);
    const is = after.documentOf(workload);
    const was = other && before.documentOf(other);
    if (is === undefined || was?.runtime !== is.runtime) return [];
    return fieldChanges({
      title: `${workload.kind}/${workload.name} ${is.runtime} document`,
      ...{ place: places.ofWorkload(workload).place, old: leavesOf(was.document), fresh: leavesOf(is.document) },
      isTold: (path) => isJudgedInDocument(is.runtime, path),
      permits: () => false,
    });
  });
}

/** Whether it is a document of ours, whose fields are told one by one. */
function isDocument(evaluated: Evaluated, object: KubernetesObject, path: string): boolean {
  const { kind, metadata } = object;
  if (evaluated.identity.has(object, path)) return true;
  const entry = `${String(metadata?.namespace)}/${String(metadata?.name)}/${path.replace(/^\$\.data\./, '')}`;
  return kind === 'ConfigMap' && evaluated.isDocument(entry);
}

function presenceChange(object: KubernetesObject, isThere: boolean): Change[] {
  if (isEvaluated(object) || templatePath(object) !== undefined) return [];
  const title = titleOf(object);
  const place = (object.metadata?.namespace as string | undefined) ?? 'cluster';
  const permits = mayPermitByPresence(object, isThere);
  const how = `${isThere ? 'added' : 'removed'}${permits ? ', not judged, and may permit more' : ''}`;
  const subject = `object ${title}`;
  return [{ sign: permits ? '+' : '~', group: 'other', place, subject, text: `object ${title}: ${how}` }];
}

type Leaves = ReadonlyMap<string, string>;

/** One thing on both sides. */
interface Pair {
  readonly title: string;
  readonly place: string;
  readonly old: Leaves;
  readonly fresh: Leaves;
  /** Whether something else tells of a change of a path. */
  readonly isTold: (path: string) => boolean;
  /** Whether it may permit more. */
  readonly permits: (path: string) => boolean;
}

function fieldChanges({ title, place, old, fresh, isTold, permits }: Pair): Change[] {
  const paths = [...new Set([...old.keys(), ...fresh.keys()])]
    .filter((path) => old.get(path) !== fresh.get(path) && !isTold(path))
    .filter((path) => !isOfNewContainer(path, old, fresh) && !isOnlyEmptied(path, old, fresh))
    .sort();
  const about = (path: string) => ({ group: 'other' as const, place, subject: `field ${title} ${path}` });
  const telling = paths.filter(permits).map((path): Change => {
    return { ...about(path), sign: '+', text: `changed, not judged, and may permit more: ${title} ${path}` };
  });
  const others = paths.filter((path) => !permits(path));
  const shown = others.slice(0, MOST_PATHS).map((path): Change => {
    return { ...about(path), sign: '~', text: `changed, not judged: ${title} ${path}` };
  });
  const rest = others.length - MOST_PATHS;
  const more = `changed, not judged: ${title}, ${rest} more fields`;
  return [...telling, ...shown, ...(rest <= 0 ? [] : [{ ...about('more'), sign: '~' as const, text: more }])];
}

/** Of a container that is there on one side only, that is what is told. */
function isOfNewContainer(path: string, old: Leaves, fresh: Leaves): boolean {
  const [container] = /^.*?\.(?:initC|ephemeralC|c)ontainers\[[^\]]*\]\./.exec(path) ?? [];
  return container !== undefined && old.has(`${container}name`) !== fresh.has(`${container}name`);
}

/** What is empty on one side, while paths below it tell what is there on the other. */
function isOnlyEmptied(path: string, old: Leaves, fresh: Leaves): boolean {
  const other = old.has(path) ? fresh : old;
  return !other.has(path) && [...other.keys()].some((one) => one.startsWith(`${path}.`) || one.startsWith(`${path}[`));
}

function byIdentity(objects: readonly KubernetesObject[]): Map<string, KubernetesObject> {
  return new Map(
    objects.map((object) => {
      const { namespace, name } = fieldsOf(object.metadata);
      return [JSON.stringify([groupKindOf(object), namespace, String(name)]), object];
    }),
  );
}

function titleOf(object: KubernetesObject): string {
  return `${object.kind}/${String(object.metadata?.name)}`;
}
