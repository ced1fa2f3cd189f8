import fc from 'fast-check';
import type { KubernetesObject } from 'agentyard/reachability';
import { CRON, Draw, randomDocuments, WORKLOADS, type RandomDocuments } from './random-documents';
import { contradict, edit } from './random-edit';
import { deploymentOf, policyOf, PORT, runtimeObjects, type AnyDocument, type Place } from './small-program';

/** A small program, and what is known of it beside its manifests. */
export interface RandomProgram extends RandomDocuments {
  /** Pods that are connected: `from to`, by the names of their workloads. */
  readonly connections: ReadonlySet<string>;
  readonly objects: readonly KubernetesObject[];
  /** What a failure prints. */
  readonly [fc.toStringMethod]: () => string;
}

/** A document names no caller twice. */
function keepOneEach({ agents, toolsets }: RandomDocuments): void {
  for (const { identity } of [...agents, ...toolsets]) {
    const callers: { readonly subject: string }[] = identity.callers;
    const distinct = new Map(callers.map((caller) => [caller.subject, caller]));
    callers.splice(0, callers.length, ...distinct.values());
  }
}

/** Pairs of workloads, most of those that there are. */
function connectionsOf(draw: Draw): [Place, Place][] {
  const pairs = WORKLOADS.flatMap((from) => WORKLOADS.map((to): [Place, Place] => [from, to]));
  return pairs.filter(([from, to]) => from !== to && draw.chance(92));
}

function manifests(
  { gateways, agents, toolsets, accounts }: RandomDocuments,
  connected: readonly [Place, Place][],
): KubernetesObject[] {
  const policies = WORKLOADS.map((place) =>
    policyOf(
      place,
      connected.filter(([, to]) => to === place).map(([from]) => from),
      connected.filter(([from]) => from === place).map(([, to]) => to),
    ),
  );
  const runtimes: AnyDocument[] = [...gateways, ...agents, ...toolsets];
  const spec = { selector: { app: CRON.name }, ports: [{ port: PORT }] };
  return [
    ...runtimes.flatMap((document) => runtimeObjects(document, accounts[document.name])),
    deploymentOf(CRON),
    { apiVersion: 'v1', kind: 'Service', metadata: { ...CRON }, spec },
    ...policies,
  ];
}

/** @param coherent whether documents agree with each other, and no two workloads have one ServiceAccount */
function program(gen: fc.GeneratorValue, coherent: boolean): RandomProgram {
  const draw = new Draw(gen);
  const documents = randomDocuments(draw, coherent);
  if (!coherent) for (let i = draw.one([0, 0, 1, 2]); i > 0; i -= 1) contradict(draw, documents);
  keepOneEach(documents);
  const connected = connectionsOf(draw);
  const connections = new Set(connected.map(([from, to]) => `${from.name} ${to.name}`));
  return {
    ...documents,
    connections,
    objects: manifests(documents, connected),
    [fc.toStringMethod]: () => JSON.stringify({ ...documents, connections: [...connections] }, undefined, 1),
  };
}

/** A program before and after one thing of it has changed. */
function change(gen: fc.GeneratorValue): { before: KubernetesObject[]; after: KubernetesObject[] } {
  const draw = new Draw(gen);
  const documents = randomDocuments(draw, true);
  const connected = connectionsOf(draw);
  const before = manifests(documents, connected);
  if (draw.chance(15)) connected.splice(draw.one([...connected.keys()]), 1);
  else if (draw.chance(20)) contradict(draw, documents);
  else edit(draw, documents);
  keepOneEach(documents);
  const sides = [before, manifests(documents, connected)] as const;
  const [one, other] = draw.chance(50) ? sides : [sides[1], sides[0]];
  return { before: one, after: other };
}

/** Programs whose documents may contradict each other. */
export const randomProgram = fc.gen().map((gen) => program(gen, false));
/** Programs as they are synthesized. */
export const coherentProgram = fc.gen().map((gen) => program(gen, true));
export const randomChange = fc.gen().map(change);
