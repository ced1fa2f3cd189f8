import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import * as k8s from 'cdk8s-plus-29/lib/imports/k8s';
import { parseAllDocuments } from 'yaml';

const MANIFESTS = path.join(__dirname, 'golden/fabric');

/** Fields that may be a number or a text, and quantities: the generated types of Kubernetes wrap them. */
const WRAPPED = new Set(['port', 'targetPort', 'maxSurge', 'maxUnavailable', 'cpu', 'memory', 'sizeLimit']);

/** Fields that the generated types spell in their own way. */
const SPELLED: Record<string, string> = { clusterIP: 'clusterIp', hostIPC: 'hostIpc', hostPID: 'hostPid' };

function wrapped(value: unknown, key = ''): unknown {
  if (Array.isArray(value)) return value.map((item) => wrapped(item));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([name, member]) => [SPELLED[name] ?? name, wrapped(member, name)]),
    );
  }
  // The port of a Service is a plain number; the types keep it as it is, wrapped or not.
  return WRAPPED.has(key) ? { value } : value;
}

type ToJson = (object: unknown) => Record<string, unknown>;

const objects = readdirSync(MANIFESTS).flatMap((file) =>
  parseAllDocuments(readFileSync(path.join(MANIFESTS, file), 'utf8')).map((document) => document.toJS()),
);

/** The types that are generated from the API of Kubernetes 1.29 drop what they do not know. */
describe('every field of the golden manifests is one that Kubernetes has', () => {
  it.each(objects.map((object) => [`${object.kind} ${object.metadata.name}`, object]))('%s', (_, object) => {
    const { kind, apiVersion, ...props } = object;
    expect(typeof apiVersion).toBe('string');
    const toJson = (k8s as unknown as Record<string, ToJson>)[`toJson_Kube${kind}Props`];
    const known = JSON.parse(JSON.stringify(toJson?.(wrapped(props)) ?? null), (__, value: unknown) => {
      const unwrap = typeof value === 'object' && value !== null && Object.keys(value).join() === 'value';
      return unwrap ? (value as { value: unknown }).value : value;
    });
    expect(known).toEqual(props);
  });

  it('and an unknown one would be seen', () => {
    const toJson = (k8s as unknown as Record<string, ToJson>).toJson_KubeServiceProps;
    expect(toJson?.({ spec: { selectors: { app: 'x' } } })).toEqual({ spec: {} });
  });
});
