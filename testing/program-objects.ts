import { ApiObject } from 'cdk8s';
import type { IConstruct } from 'constructs';
import type { KubernetesObject } from '../lib/reachability';

/**
 * The objects that a program synthesizes, after its validations, as they would stand in its manifests. Writes no files.
 *
 * @param root the app
 * @throws Error with every fault that validation finds, as `synth` does
 */
export function programObjects(root: IConstruct): KubernetesObject[] {
  const faults = root.node
    .findAll()
    .flatMap((construct) => construct.node.validate().map((fault) => `[${construct.node.path}] ${fault}`));
  if (faults.length > 0) throw new Error(`Validation failed with the following errors:\n  ${faults.join('\n  ')}`);
  return root.node
    .findAll()
    .filter((construct): construct is ApiObject => ApiObject.isApiObject(construct))
    .map((object) => object.toJson() as KubernetesObject);
}
