import { ApiObject, Chart } from 'cdk8s';
import type { IConstruct } from 'constructs';
import type { Platform, Workload } from '../lib/reachability';

/**
 * The workload that a construct makes: an agent, toolset or gateway, a workload of cdk8s-plus, or an ApiObject.
 *
 * @throws RangeError if it makes none, or several of which none is its default child
 */
export function workloadOf(platform: Platform, construct: IConstruct): Workload {
  const made = construct.node
    .findAll()
    .filter((child): child is ApiObject => ApiObject.isApiObject(child))
    .flatMap((object) => find(platform, object) ?? []);
  const { defaultChild } = construct.node;
  const main = ApiObject.isApiObject(defaultChild) ? find(platform, defaultChild) : undefined;
  const [only] = made;
  if (main !== undefined || (only !== undefined && made.length === 1)) return main ?? (only as Workload);
  const those = made.map(({ title }) => title).join(', ') || 'none';
  throw new RangeError(`${construct.node.path} is not one workload, it makes ${those}; ask for one of them`);
}

function find(platform: Platform, object: ApiObject): Workload | undefined {
  const namespace = object.metadata.namespace ?? Chart.of(object).namespace ?? 'default';
  return platform.workloads.find(
    (one) => one.kind === object.kind && one.name === object.name && one.namespace === namespace,
  );
}
