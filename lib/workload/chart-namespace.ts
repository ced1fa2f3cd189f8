import { Chart } from 'cdk8s';
import type { IConstruct } from 'constructs';
import { reportFault } from '../errors/deferred';
import { SynthError } from '../errors/synth-error';

/** The namespace of the construct's chart. A chart without one fails the synthesis, and counts as ''. */
export function chartNamespace(construct: IConstruct): string {
  const { namespace } = Chart.of(construct);
  if (namespace !== undefined) return namespace;
  const remedy = "Give the chart one: new Chart(app, 'platform', { namespace: 'agents' })";
  const fault = { message: 'its chart has no namespace', remedy };
  reportFault(construct, new SynthError('NAMESPACE_MISSING', construct, fault));
  return '';
}
