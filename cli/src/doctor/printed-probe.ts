import { stringify } from 'yaml';
import type { DoctorOptions } from './options.js';
import { probeNamespace, ProbePods, probeSurroundings } from './probe-objects.js';
import { networkPolicy } from './probe-policy.js';
import { ProbeScope } from './probe-scope.js';
import { probeSteps } from './probe-step.js';

const ADDRESS = '<listener>';

/** The manifests of the probe as YAML, in the order in which the command creates them, to be read before it may run. */
export function printedProbe(options: DoctorOptions): string {
  const scope = new ProbeScope(options.namespace, 'printed');
  const pods = new ProbePods(scope, options, false);
  const made = [
    ...(scope.ownsNamespace ? [probeNamespace(scope)] : []),
    ...probeSurroundings(scope, options),
    pods.listener(),
  ].map((object) => yaml(object));
  const observed = (['ingress', 'egress'] as const).flatMap((direction) => {
    const steps = probeSteps(direction, scope, options.dns);
    const job = yaml(pods.caller(direction, steps, [ADDRESS]), 'The address of the listener is known once it runs.');
    const policies = steps.flatMap(({ id, rules }) =>
      rules === undefined ? [] : [yaml(networkPolicy(scope, direction, rules), `While the container ${id} looks.`)],
    );
    return [job, ...policies];
  });
  return [...made, ...observed].join('---\n');
}

function yaml(object: object, comment?: string): string {
  const text = stringify(JSON.parse(JSON.stringify(object)), { aliasDuplicateObjects: false, lineWidth: 0 });
  return comment === undefined ? text : `# ${comment}\n${text}`;
}
