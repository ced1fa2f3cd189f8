import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { KubernetesObject } from './api-server';

const MANIFEST = /\.ya?ml$/;

/** The objects of a file or of the files of a folder, in their order. */
export function readManifests(fileOrFolder: string): KubernetesObject[] {
  if (!statSync(fileOrFolder).isDirectory()) return readFile(fileOrFolder);
  return manifestFiles(fileOrFolder).flatMap((file) => readFile(path.join(fileOrFolder, file)));
}

/** The folders below one, itself included, that hold manifests. */
export function manifestFolders(root: string): string[] {
  const below = readdirSync(root, { withFileTypes: true, recursive: true }).filter((entry) => entry.isDirectory());
  return [root, ...below.map((entry) => path.join(entry.parentPath, entry.name))]
    .filter((folder) => manifestFiles(folder).length > 0)
    .sort();
}

function manifestFiles(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => MANIFEST.test(name))
    .sort();
}

function readFile(file: string): KubernetesObject[] {
  return parseAllDocuments(readFileSync(file, 'utf8')).flatMap((document) => {
    const [fault] = document.errors;
    if (fault) throw new Error(`${file}: ${fault.message}`);
    const object = document.toJS() as KubernetesObject | null;
    return object === null ? [] : [object];
  });
}
