import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { ContractError, parseValue } from 'agentyard/contract';
import { kubernetesYaml } from 'agentyard/reachability';
import type { z } from 'zod';
import { DevError } from './dev-error.js';
import {
  configMap,
  deployment,
  kubernetesObject,
  secret,
  service,
  type ConfigMap,
  type Deployment,
  type KubernetesObject,
  type Secret,
  type Service,
} from './kubernetes-objects.js';

/** Thrown when there is nothing to read: the folder is missing or empty. */
export class NoManifestsError extends DevError {}

/** An object and the file that it was read from. */
interface Found {
  readonly object: KubernetesObject;
  readonly file: string;
}

/** `<kind> <namespace>/<name>`, as messages name an object. */
export function titleOf(object: KubernetesObject | Deployment | Service): string {
  return `${object.kind} ${object.metadata.namespace}/${object.metadata.name}`;
}

/** The objects of a folder of manifests. */
export class Manifests {
  /** Every object, of whatever kind. */
  public readonly objects: readonly KubernetesObject[];
  public readonly deployments: readonly Deployment[];
  public readonly services: readonly Service[];
  public readonly configMaps: readonly ConfigMap[];
  private readonly configMapsByName: ReadonlyMap<string, ConfigMap>;
  private readonly secrets: ReadonlyMap<string, Secret>;

  private constructor(found: readonly Found[]) {
    this.objects = found.map(({ object }) => object);
    this.deployments = ofKind(found, 'Deployment', deployment);
    this.services = ofKind(found, 'Service', service);
    this.configMaps = ofKind(found, 'ConfigMap', configMap);
    this.configMapsByName = byName(this.configMaps);
    this.secrets = byName(ofKind(found, 'Secret', secret));
  }

  /**
   * Reads all `*.yaml`, `*.yml` and `*.json` files below a folder, as kubectl does: objects may stand in lists.
   *
   * @throws NoManifestsError when the folder is missing or holds no object; DevError when a file is not YAML or JSON, an object is malformed or occurs twice
   */
  public static async load(directory: string): Promise<Manifests> {
    const files = await manifestFiles(directory);
    const found = (await Promise.all(files.map(readObjects))).flat();
    if (found.length === 0) {
      throw new NoManifestsError(
        `there are no manifests in ${directory}; run \`npx cdk8s synth\` first, or name their folder`,
      );
    }
    refuseDuplicates(found);
    return new Manifests(found);
  }

  /** The ConfigMap of this name, if it is among the manifests. */
  public configMap(namespace: string, name: string): ConfigMap | undefined {
    return this.configMapsByName.get(`${namespace}/${name}`);
  }

  /** The Secret of this name, if it is among the manifests. */
  public secret(namespace: string, name: string): Secret | undefined {
    return this.secrets.get(`${namespace}/${name}`);
  }
}

async function manifestFiles(directory: string): Promise<string[]> {
  try {
    const entries = await readdir(directory, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => (entry.isFile() || entry.isSymbolicLink()) && /\.(ya?ml|json)$/.test(entry.name))
      .map((entry) => path.join(entry.parentPath, entry.name))
      .sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw new DevError((error as Error).message);
    throw new NoManifestsError(
      `the manifests folder ${directory} does not exist; run \`npx cdk8s synth\` first, or name their folder`,
    );
  }
}

async function readObjects(file: string): Promise<Found[]> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new DevError(`${file} cannot be read: ${(error as Error).message}`);
  });
  const values = file.endsWith('.json') ? [parseJson(file, text)].filter(isManifest) : parseYaml(file, text);
  return values.flatMap((value, i) => {
    const subject = `${file}, document ${i + 1}`;
    return listed(value, subject).map((one) => ({ file, object: checked(kubernetesObject, one.value, one.subject) }));
  });
}

function parseYaml(file: string, text: string): unknown[] {
  try {
    return kubernetesYaml(text);
  } catch (error) {
    throw new DevError(`${file} is not valid YAML: ${(error as Error).message.trim()}`);
  }
}

function parseJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new DevError(`${file} is not valid JSON: ${(error as Error).message}`);
  }
}

/** Among manifests there may be other JSON, such as a package.json. */
function isManifest(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'kind' in value && 'apiVersion' in value;
}

/** A value, or those in it if it is a list; with how messages call it. */
function listed(value: unknown, subject: string): { readonly value: unknown; readonly subject: string }[] {
  if (value === null || value === undefined) return [];
  const { kind, items } = value as { readonly kind?: unknown; readonly items?: unknown };
  if (typeof kind !== 'string' || !kind.endsWith('List') || !Array.isArray(items)) return [{ value, subject }];
  return items.flatMap((item, i) => listed(item, `${subject}, item ${i + 1}`));
}

function refuseDuplicates(found: readonly Found[]): void {
  const seen = new Map<string, string>();
  for (const { object, file } of found) {
    const id = `${object.apiVersion} ${titleOf(object)}`;
    const other = seen.get(id);
    if (other !== undefined) {
      throw new DevError(
        `${titleOf(object)} occurs twice, in ${other} and in ${file}; remove the stale one and synthesize again`,
      );
    }
    seen.set(id, file);
  }
}

function ofKind<Schema extends z.ZodType>(found: readonly Found[], kind: string, schema: Schema): z.output<Schema>[] {
  return found
    .filter(({ object }) => object.kind === kind)
    .map(({ object, file }) => checked(schema, object, `${file}, ${titleOf(object)}`));
}

function byName<T extends ConfigMap | Secret>(objects: readonly T[]): Map<string, T> {
  return new Map(objects.map((object) => [`${object.metadata.namespace}/${object.metadata.name}`, object]));
}

function checked<Schema extends z.ZodType>(schema: Schema, value: unknown, subject: string): z.output<Schema> {
  try {
    return parseValue(schema, value, subject);
  } catch (error) {
    if (error instanceof ContractError)
      throw new DevError(`${error.message}\nsynthesize the manifests again, or correct the file`);
    throw error;
  }
}
