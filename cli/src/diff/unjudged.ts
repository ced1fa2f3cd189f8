import type { KubernetesObject } from 'agentyard/reachability';
import type { WorkloadDocument } from '../evaluated/contract-documents.js';
import type { Evaluated } from '../evaluated/evaluated.js';
import type { Change } from './change.js';
import { leavesOf } from './leaves.js';
import { fieldsOf, templatePath } from './facts/pod-spec.js';

/** So many paths of one object are told; of the others their number is. */
const MOST_PATHS = 5;

/** Kinds that are evaluated as a whole. Policies that are not understood have been refused. */
const EVALUATED = /(NetworkPolicy|^(Cluster)?Role(Binding)?)$/;

/** Paths of a pod template that facts or reachability are about, and one that follows from others. */
const OF_PODS = [
  /^\.metadata\.labels\./,
  /^\.metadata\.annotations\.agentyard\.dev\/config-hash$/,
  /^\.spec\.(hostNetwork|hostPID|hostIPC|shareProcessNamespace|hostUsers|enableServiceLinks|automountServiceAccountToken)$/,
  /^\.spec\.(serviceAccountName|serviceAccount|activeDeadlineSeconds)$/,
  /^\.spec\.(volumes|imagePullSecrets)\b/,
  /^\.spec\.securityContext\.(runAsNonRoot|runAsUser|runAsGroup|fsGroup|supplementalGroups|sysctls|seccompProfile|appArmorProfile)\b/,
  /^\.spec\.(initC|c)ontainers\[[^\]]*\]\.(name|image|command|args|workingDir|env|envFrom|volumeMounts|resources\.limits)\b/,
  /^\.spec\.(initC|c)ontainers\[[^\]]*\]\.ports\[[^\]]*\]\.hostPort$/,
  new RegExp(
    `^\\.spec\\.(initC|c)ontainers\\[[^\\]]*\\]\\.securityContext\\.(${[
      ...[
        'privileged',
        'allowPrivilegeEscalation',
        'readOnlyRootFilesystem',
        'runAsNonRoot',
        'runAsUser',
        'runAsGroup',
      ],
      ...['procMount', 'seccompProfile', 'appArmorProfile', 'capabilities', 'windowsOptions\\.hostProcess'],
    ].join('|')})\\b`,
  ),
];

/** Paths of other objects that facts are about. */
const JUDGED: Readonly<Record<string, RegExp>> = {
  Namespace: /^\$\.metadata\.labels\.pod-security\.kubernetes\.io\/enforce$/,
  Service: /^\$\.spec\.(type|externalIPs|externalName|selector|ports)\b/,
  ServiceAccount: /^\$\.(automountServiceAccountToken|metadata\.annotations\.(eks\.|iam\.gke|azure\.workload).*)$/,
  HorizontalPodAutoscaler: /^\$\.spec\.maxReplicas$/,
  ScaledObject: /^\$\.spec\.maxReplicaCount$/,
};

/** Fields that changed and that nothing else tells of, so that no change is silent. */
export function unjudgedChanges(before: Evaluated, after: Evaluated): Change[] {
  const old = byIdentity(before.objects);
  const fresh = byIdentity(after.objects);
  const objects = [...new Set([...old.keys(), ...fresh.keys()])].flatMap((key) => {
    const was = old.get(key);
    const is = fresh.get(key);
    if (was === undefined || is === undefined) return presenceChange((is ?? was) as KubernetesObject, is !== undefined);
    return fieldChanges(is, leavesOf(was), leavesOf(is), (path) => {
      return isJudged(is, path) || (isDocument(before, was, path) && isDocument(after, is, path));
    });
  });
  return [...objects, ...documentChanges(before, after)];
}

/** Fields of documents that facts are about. */
const OF_DOCUMENTS: Readonly<Record<WorkloadDocument['runtime'], RegExp>> = {
  agent: /^\$\.(maxBodyBytes|prompt|model|toolsets|limits\.(maxTurns|maxTotalTokens|timeoutMs))\b/,
  gateway: /^\$\.(maxBodyBytes|auth|agents|routes|toolsets)\b/,
  sandbox:
    /^\$\.(maxBodyBytes|tools|environment|subprocesses|data\[[^\]]*\]\.name|limits\.(timeoutMs|memoryBytes|maxProcesses|outputBytes|maxConcurrency|maxQueue))\b/,
  // The port of a list follows from the list.
  'egress-proxy': /^\$\.(allowLists|parent)\b/,
};

function documentChanges(before: Evaluated, after: Evaluated): Change[] {
  return after.platform.workloads.flatMap((workload) => {
    const other = before.platform.workloads.find(({ title }) => title === workload.title);
    const is = after.documentOf(workload);
    const was = other && before.documentOf(other);
    if (is === undefined || was?.runtime !== is.runtime) return [];
    const { kind, namespace, name } = workload;
    const object = { kind, metadata: { namespace, name } };
    const isTold = (path: string) => OF_DOCUMENTS[is.runtime].test(path);
    return fieldChanges(object, leavesOf(was.document), leavesOf(is.document), isTold, `${is.runtime} document `);
  });
}

/** Whether an entry of a ConfigMap is the document of a runtime, whose fields are told one by one. */
function isDocument(evaluated: Evaluated, { kind, metadata }: KubernetesObject, path: string): boolean {
  const entry = `${String(metadata?.namespace)}/${String(metadata?.name)}/${path.replace(/^\$\.data\./, '')}`;
  return kind === 'ConfigMap' && evaluated.isDocument(entry);
}

function presenceChange(object: KubernetesObject, isThere: boolean): Change[] {
  if (EVALUATED.test(object.kind ?? '') || templatePath(object) !== undefined) return [];
  const title = titleOf(object);
  const place = (object.metadata?.namespace as string | undefined) ?? 'cluster';
  const text = `object ${title}: ${isThere ? 'added' : 'removed'}`;
  return [{ sign: '~', group: 'other', place, subject: `object ${title}`, text }];
}

function fieldChanges(
  object: KubernetesObject,
  old: Leaves,
  fresh: Leaves,
  isTold: (path: string) => boolean,
  within = '',
): Change[] {
  const paths = [...new Set([...old.keys(), ...fresh.keys()])]
    .filter((path) => old.get(path) !== fresh.get(path))
    .filter((path) => !isTold(path) && !isOfNewContainer(path, old, fresh))
    .sort();
  const title = `${titleOf(object)} ${within}`.trim();
  const shown = paths.slice(0, MOST_PATHS).map((path): Change => {
    return { ...about(object), subject: `field ${title} ${path}`, text: `changed, not judged: ${title} ${path}` };
  });
  const rest = paths.length - MOST_PATHS;
  const more = `changed, not judged: ${title}, ${rest} more fields`;
  return rest <= 0 ? shown : [...shown, { ...about(object), subject: `fields ${title}`, text: more }];
}

function isJudged(object: KubernetesObject, path: string): boolean {
  const { kind = '' } = object;
  if (EVALUATED.test(kind)) return !path.startsWith('$.metadata') && !path.startsWith('$.aggregationRule');
  const template = templatePath(object);
  if (template !== undefined && path.startsWith(`${template}.`)) {
    const inTemplate = path.slice(template.length);
    return OF_PODS.some((judged) => judged.test(inTemplate));
  }
  if (template !== undefined) return /^\$\.spec\.(replicas|completions|parallelism|activeDeadlineSeconds)$/.test(path);
  return (Object.hasOwn(JUDGED, kind) ? JUDGED[kind]?.test(path) : undefined) ?? false;
}

/** Of a container that is there on one side only, that is what is told. */
function isOfNewContainer(path: string, old: Leaves, fresh: Leaves): boolean {
  const [container] = /^.*?\.(?:initC|c)ontainers\[[^\]]*\]\./.exec(path) ?? [];
  return container !== undefined && old.has(`${container}name`) !== fresh.has(`${container}name`);
}

type Leaves = ReadonlyMap<string, string>;

function byIdentity(objects: readonly KubernetesObject[]): Map<string, KubernetesObject> {
  return new Map(
    objects.map((object) => {
      const [group] = (object.apiVersion ?? '').split('/');
      const isCore = object.apiVersion?.includes('/') !== true;
      return [JSON.stringify([isCore ? '' : group, object.kind, ...placeOf(object)]), object];
    }),
  );
}

function about(object: KubernetesObject) {
  const place = placeOf(object).filter((part) => part !== undefined);
  return { sign: '~' as const, group: 'other' as const, place: place.join('/') };
}

function placeOf({ metadata }: KubernetesObject): (string | undefined)[] {
  const { namespace, name } = fieldsOf(metadata);
  return [namespace as string | undefined, String(name)];
}

function titleOf(object: KubernetesObject): string {
  return `${object.kind}/${String(object.metadata?.name)}`;
}
