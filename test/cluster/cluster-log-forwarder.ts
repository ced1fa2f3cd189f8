import type { KubernetesObject } from './api-server';
import { writtenCrd } from './written-crd';

const string = { type: 'string' };
const object = (properties: object, required: readonly string[] = []) => ({ type: 'object', properties, required });
const list = (items: object) => ({ type: 'array', items });
const enumeration = (...values: readonly string[]) => ({ type: 'string', enum: values });
const valid = (rule: string, message: string) => ({ rule, message });
/** Lists whose members are known by their names. */
const named = (items: object) => ({
  ...list(items),
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-list-map-keys': ['name'],
});
const name = { type: 'string', pattern: '^[a-z][a-z0-9-]*[a-z0-9]$' };
const fieldPath = { type: 'string', pattern: '^(\\.[a-zA-Z0-9_]+|\\."[^"]+")(\\.[a-zA-Z0-9_]+|\\."[^"]+")*$' };
const expression = { type: 'string', pattern: "^[^'\\n\\r]*$" };
/** What has a type needs the part of that name. */
const perType = (...types: readonly string[]) =>
  types.map((type) => valid(`self.type != '${type}' || has(self.${type})`, `the type ${type} needs its own part`));

const selector = object({
  matchLabels: { type: 'object', additionalProperties: string },
  matchExpressions: list(object({ key: string, operator: string, values: list(string) }, ['key', 'operator'])),
});
const input = {
  ...object(
    {
      name,
      type: enumeration('audit', 'application', 'infrastructure', 'receiver'),
      application: object({
        selector,
        includes: list(object({ namespace: string, container: string })),
        excludes: list(object({ namespace: string, container: string })),
      }),
    },
    ['name', 'type'],
  ),
  'x-kubernetes-validations': perType('application'),
};

const dropCondition = {
  ...object({ field: fieldPath, matches: expression, notMatches: expression }),
  'x-kubernetes-validations': [
    valid('!(has(self.matches) && has(self.notMatches))', 'only one of matches or notMatches can be defined per field'),
  ],
};
const filter = {
  ...object(
    {
      name,
      type: enumeration('openshiftLabels', 'detectMultilineException', 'drop', 'kubeAPIAudit', 'parse', 'prune'),
      drop: list(object({ test: { ...list(dropCondition), minItems: 1 } }, ['test'])),
      openshiftLabels: { type: 'object', additionalProperties: string },
    },
    ['name', 'type'],
  ),
  'x-kubernetes-validations': perType('drop', 'openshiftLabels'),
};

const token = {
  ...object(
    { from: enumeration('secret', 'serviceAccount'), secret: object({ key: string, name: string }, ['key', 'name']) },
    ['from'],
  ),
  'x-kubernetes-validations': [valid("self.from != 'secret' || has(self.secret)", 'a token from a secret needs it')],
};
const tuning = object({
  deliveryMode: enumeration('AtLeastOnce', 'AtMostOnce'),
  compression: enumeration('none', 'gzip', 'snappy'),
});
const authority = {
  ...object({ key: string, configMapName: string, secretName: string }, ['key']),
  'x-kubernetes-validations': [
    valid('has(self.configMapName) || has(self.secretName)', 'Either configMapName or secretName needs to be set'),
    valid('!(has(self.configMapName) && has(self.secretName))', 'Only one of configMapName and secretName can be set'),
  ],
};
const url = { type: 'string', 'x-kubernetes-validations': [valid('isURL(self)', 'invalid URL')] };
const tenant = {
  type: 'string',
  pattern:
    '^(([a-zA-Z0-9-_.\\/])*(\\{(\\.[a-zA-Z0-9_]+|\\."[^"]+")+((\\|\\|)(\\.[a-zA-Z0-9_]+|\\.?"[^"]+")+)*\\|\\|"[^"]*"\\})*)*$',
};
const output = {
  ...object(
    {
      name,
      type: enumeration('loki', 'lokiStack'),
      tls: object({ ca: authority, insecureSkipVerify: { type: 'boolean' } }),
      loki: object({ url, tenantKey: tenant, authentication: object({ token }), labelKeys: list(string), tuning }, [
        'url',
      ]),
      lokiStack: object(
        {
          target: object(
            {
              name: { type: 'string', pattern: '^[a-z][a-z0-9-]{2,62}[a-z0-9]$' },
              namespace: { type: 'string', minLength: 3 },
            },
            ['name', 'namespace'],
          ),
          authentication: object({ token }, ['token']),
          labelKeys: object({ global: list(string) }),
          tuning,
        },
        ['authentication', 'target'],
      ),
    },
    ['name', 'type'],
  ),
  'x-kubernetes-validations': perType('loki', 'lokiStack'),
};

const atLeastOne = { ...list(string), minItems: 1 };
const pipeline = object({ name, inputRefs: atLeastOne, filterRefs: list(string), outputRefs: atLeastOne }, [
  'inputRefs',
  'name',
  'outputRefs',
]);

/**
 * The ClusterLogForwarder of OpenShift Logging 6 as far as logs are sent to Loki.
 *
 * The operator's module (github.com/openshift/cluster-logging-operator) is not in the module proxy, so that this is
 * written by hand after the fields and rules of its published definition. Applying to it shows that fields, names and
 * forms are right, not that the operator agrees.
 */
export function clusterLogForwarderCrd(): KubernetesObject {
  return writtenCrd({
    group: 'observability.openshift.io',
    version: 'v1',
    kind: 'ClusterLogForwarder',
    plural: 'clusterlogforwarders',
    spec: object(
      {
        managementState: enumeration('Managed', 'Unmanaged'),
        serviceAccount: object({ name: { type: 'string', pattern: '^[a-z][a-z0-9-]{2,62}[a-z0-9]$' } }, ['name']),
        inputs: named(input),
        filters: named(filter),
        outputs: named(output),
        pipelines: named(pipeline),
      },
      ['outputs', 'pipelines', 'serviceAccount'],
    ),
  });
}
