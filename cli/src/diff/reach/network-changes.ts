import { Platform, type Path, type Workload } from 'agentyard/reachability';
import type { Evaluated } from '../../evaluated/evaluated.js';
import type { Change } from '../change.js';
import { addressChanges } from './address-changes.js';
import { dnsChanges } from './dns-changes.js';
import { portChanges, portsTo, type Subject } from './end.js';
import { hostChanges, hostNames } from './host-changes.js';
import { anyPods, coversPods, podSamples, podText } from './pod-text.js';
import { Side } from './side.js';
import { piecesOf, type Ports } from './spans.js';

/** Where names lead while sides are compared: a block of documentation, so that no block that is anybody's own covers it. */
const SOMEWHERE = '192.0.2.77';

/** What changes about who may connect to whom, by evaluating both sides. How policies are written does not matter. */
export function networkChanges(before: Evaluated, after: Evaluated): Change[] {
  const names = [before, after].flatMap(({ platform }) =>
    platform.workloads.flatMap((workload) => hostNames(platform.reachable(workload))),
  );
  // A name that may lead anywhere may lead to any block that is open; here it is asked for by its name alone.
  const hosts = Object.fromEntries(names.map((name) => [name, [SOMEWHERE]]));
  const [old, fresh] = [before, after].map(({ objects }) => Platform.fromObjects(objects, { hosts })) as [
    Platform,
    Platform,
  ];
  const workloads = new Map<string, Workload>();
  for (const workload of [...old.workloads, ...fresh.workloads]) workloads.set(workload.title, workload);
  return [...workloads].flatMap(([title, { kind, namespace, name }]) => {
    const sides = [Side.of(old, title), Side.of(fresh, title)] as const;
    const place = `${namespace}/${name}`;
    const egress: Subject = { place, direction: 'egress', kind };
    const ingress: Subject = { place, direction: 'ingress', kind };
    return [
      ...workloadChanges(egress, ...sides),
      ...hostChanges(egress, ...sides),
      ...dnsChanges(egress, ...sides),
      ...[egress, ingress].flatMap((subject) => [
        ...everyPodChanges(subject, ...sides),
        ...podChanges(subject, ...sides),
        ...entityChanges(subject, ...sides),
        ...addressChanges(subject, ...sides),
      ]),
    ];
  });
}

function workloadChanges(subject: Subject, before: Side, after: Side): Change[] {
  return ends(subject, before, after, ({ workload }) => workload?.title).flatMap((title) => {
    const leads = ({ workload }: Path) => workload?.title === title;
    const [was, is] = [before, after].map((side) => portsTo(side.paths('egress'), leads)) as [Ports, Ports];
    return portChanges(subject, { key: title, text: title }, was, is);
  });
}

function everyPodChanges(subject: Subject, before: Side, after: Side): Change[] {
  const paths = [before, after].flatMap((side) => side.paths(subject.direction));
  const pieces = piecesOf(paths.filter(({ peer }) => peer === 'anyone' || peer === 'any pod'));
  const pods = anyPods(paths.flatMap((path) => podText(path) ?? []));
  const [was, is] = [before, after].map((side) => side.open(subject.direction, pods, pieces)) as [Ports, Ports];
  return portChanges(subject, { key: 'every pod', text: 'every pod of the cluster' }, was, is);
}

/** Pods by their selectors. On a side they are open if a selector there includes theirs, and pods that it is about are. */
function podChanges(subject: Subject, before: Side, after: Side): Change[] {
  const paths = [before, after].flatMap((side) => side.paths(subject.direction));
  const texts = [...new Map(paths.flatMap((path) => podText(path) ?? []).map((pods) => [pods.key, pods])).values()];
  return texts.flatMap((pods) => {
    const leads = (path: Path) => coversPods(path, pods);
    const samples = podSamples(pods, texts);
    const [was, is] = [before, after].map((side) => {
      const own = side.paths(subject.direction).filter(leads);
      return side.open(subject.direction, samples, piecesOf(own));
    }) as [Ports, Ports];
    return portChanges(subject, pods, was, is);
  });
}

function entityChanges(subject: Subject, before: Side, after: Side): Change[] {
  return ends(subject, before, after, ({ entity }) => entity).flatMap((entity) => {
    const leads = (path: Path) => path.entity === entity || path.peer === 'anyone';
    const [was, is] = [before, after].map((side) => portsTo(side.paths(subject.direction), leads)) as [Ports, Ports];
    const text = entity === 'kube-apiserver' ? 'the API server' : `the entity ${entity}`;
    return portChanges(subject, { key: `entity ${entity}`, text }, was, is);
  });
}

/** What paths of either side are about, by a key; none for those without. */
function ends({ direction }: Subject, before: Side, after: Side, key: (path: Path) => string | undefined): string[] {
  const found = [before, after].flatMap((side) => side.paths(direction).flatMap((path) => key(path) ?? []));
  return [...new Set(found)].sort();
}
