import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { kubernetesYaml, type KubernetesObject } from '../lib/reachability';

/**
 * The objects in the YAML and JSON files of a directory and those below it.
 *
 * @throws Error if a file is no YAML, or if there is none
 */
export function manifestFiles(directory: string): KubernetesObject[] {
  const files = readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.(ya?ml|json)$/.test(file))
    .sort()
    .map((file) => path.join(directory, file));
  if (files.length === 0) throw new Error(`there is no manifest (.yaml, .yml, .json) in ${directory}`);
  return files.flatMap(readManifest);
}

/** What is no object of Kubernetes, such as the values of a Helm chart, is no manifest. */
function readManifest(file: string): KubernetesObject[] {
  const text = readFileSync(file, 'utf8');
  const values = file.endsWith('.json') ? [parseJson(file, text)] : parseYaml(file, text);
  return values.filter(isObject);
}

function parseJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${file}: ${(error as Error).message}`, { cause: error });
  }
}

function parseYaml(file: string, text: string): unknown[] {
  try {
    return kubernetesYaml(text);
  } catch (error) {
    throw new Error(`${file}: ${(error as Error).message}`, { cause: error });
  }
}

function isObject(value: unknown): value is KubernetesObject {
  return typeof value === 'object' && value !== null && 'kind' in value && 'apiVersion' in value;
}
