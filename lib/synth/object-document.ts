import { ApiObject, App, Chart, JsonPatch, Lazy, Yaml } from 'cdk8s';
import { isUsual, partsOf, type ObjectParts } from './object-parts';
import { NotPlain, resolvedValue } from './resolved-value';
import { FILLED, isIndex, SORTED, UNSORTED, WHOLE, type Mapping } from './yaml-form';
import { YamlWriter } from './yaml-writer';

/** The entries that come before all others. */
const LEADING = new Set(['apiVersion', 'kind', 'metadata']);

/** Writes the manifest of an API object. */
export function writeObject(object: ApiObject, writer: YamlWriter): void {
  const parts = isFamiliar() && isUsual(object) ? resolvedParts(object) : undefined;
  if (parts === undefined) writeJson(object.toJson(), writer);
  else writeParts(parts, writer);
}

/** Writes a manifest that is rendered already. */
export function writeJson(json: unknown, writer: YamlWriter): void {
  if (isPlain(json)) writer.document(json, WHOLE);
  else writer.append(`\n${Yaml.stringify(json).slice(0, -1)}`);
}

/** The parts of an object with all that becomes known only now; absent when cdk8s has to render it. */
function resolvedParts(object: ApiObject): ObjectParts | undefined {
  try {
    const { metadata, props } = partsOf(object);
    if (Object.keys(props).some(isIndex)) return undefined;
    const resolved = resolvedValue(metadata) as Mapping;
    return { metadata: resolved, props: resolvedValue({ ...props, metadata: undefined }) as Mapping };
  } catch (error) {
    if (error instanceof NotPlain) return undefined;
    const { name, node } = object;
    const place = `construct at path '${node.path}' with name '${name}'`;
    throw new Error(`Failed serializing ${place}: ${String(error)}`, { cause: error });
  }
}

function writeParts({ props, metadata }: ObjectParts, writer: YamlWriter): void {
  const form = process.env.CDK8S_DISABLE_SORT ? UNSORTED : SORTED;
  writer.topEntry('apiVersion', props.apiVersion, form);
  writer.topEntry('kind', props.kind, form);
  writer.topEntry('metadata', metadata, FILLED);
  for (const key of form.keysOf(props)) if (!LEADING.has(key)) writer.topEntry(key, props[key], form);
}

function isPlain(json: unknown): json is Mapping {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return false;
  try {
    return resolvedValue(json) === json;
  } catch {
    return false;
  }
}

let familiar: boolean | undefined;

/** Whether this version of cdk8s has the parts that are read here, so that an example comes out the same. */
function isFamiliar(): boolean {
  familiar ??= rendersExample();
  return familiar;
}

function rendersExample(): boolean {
  const example = exampleObject();
  const writer = new YamlWriter();
  try {
    writeParts(resolvedParts(example)!, writer);
    const fromParts = writer.take();
    writer.document(example.toJson() as Mapping, WHOLE);
    const isSame = isUsual(example) && fromParts === writer.take();
    example.addJsonPatch(JsonPatch.remove('/data'));
    return isSame && !isUsual(example);
  } catch {
    return false;
  }
}

function exampleObject(): ApiObject {
  const chart = new Chart(new App(), 'chart', { namespace: 'agents', labels: { team: 'a' } });
  const labels = { tier: Lazy.any({ produce: () => 'b' }) as unknown as string };
  const data = { b: 'yes', a: [null, Lazy.any({ produce: () => ({ d: {}, c: 1 }) })], none: undefined };
  const object = new ApiObject(chart, 'example', {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { annotations: {}, finalizers: ['c'], labels },
    data,
  });
  object.metadata.add('generateName', 'd');
  return object;
}
