import { ApiObject, Chart, JsonPatch, Lazy } from 'cdk8s';
import type { Construct } from 'constructs';
import { deferFault } from '../lib/errors/deferred';
import { checkedObjectName } from '../lib/workload/names';
import { claimObjectName } from '../lib/workload/object-names';
import { AppId } from './app-id';

/** An object that stands beside the workloads. */
export interface ExtraObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  /** Absent: it is of the whole cluster. */
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** Annotations; their keys are known at once, their values when the program is complete. One without is left out. */
  readonly annotations?: () => Readonly<Record<string, string | undefined>>;
  /** What it has beside its metadata. */
  readonly content: Readonly<Record<string, unknown>>;
}

/** Adds an object. A name that is none, or that another object of the kind has, fails the synthesis. */
export function addExtraObject(scope: Construct, id: string, object: ExtraObject): ApiObject {
  const { apiVersion, kind, name, namespace, content } = object;
  deferFault(scope, () => checkedObjectName(scope, name), name);
  claimObjectName(scope, object);
  const labels = { ...object.labels, 'app.kubernetes.io/managed-by': 'agentyard', ...AppId._labelsFor(scope) };
  const annotations = object.annotations && lateValues(object.annotations);
  const metadata = { name, labels, ...(namespace && { namespace }), ...(annotations && { annotations }) };
  const added = new ApiObject(scope, id, { apiVersion, kind, metadata: metadata as never, ...content });
  if (namespace === undefined) leaveNamespace(added);
  return added;
}

/** Takes an object of the whole cluster out of the namespace that its chart puts all of its objects into. */
export function leaveNamespace(object: ApiObject): void {
  if (Chart.of(object).namespace !== undefined) object.addJsonPatch(JsonPatch.remove('/metadata/namespace'));
}

function lateValues(produce: () => Readonly<Record<string, string | undefined>>): Record<string, unknown> {
  const keys = Object.keys(produce());
  return Object.fromEntries(keys.map((key) => [key, Lazy.any({ produce: () => produce()[key] })]));
}
