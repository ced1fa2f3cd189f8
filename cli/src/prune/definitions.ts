import { stat } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { DevError } from '../dev/dev-error.js';

/** The folders of an app that was synthesized with `separateCrds`. */
export interface ManifestParts {
  readonly definitions: string;
  readonly platform: string;
}

/** A definition of a kind, as far as it is looked at. */
const definition = z.looseObject({
  kind: z.literal('CustomResourceDefinition'),
  spec: z.looseObject({ group: z.string(), names: z.looseObject({ kind: z.string() }) }),
});

/** The folders of definitions and of all else, if they are apart. */
export async function definitionsApart(manifestsDirectory: string): Promise<ManifestParts | undefined> {
  const definitions = path.join(manifestsDirectory, 'crds');
  const platform = path.join(manifestsDirectory, 'platform');
  return (await isFolder(definitions)) && (await isFolder(platform)) ? { definitions, platform } : undefined;
}

/** kubectl looks all kinds up before it applies the first object, so that it fails on those which that brings in. */
export function refuseUnknownKinds(
  directory: string,
  objects: readonly { readonly apiVersion: string; readonly kind: string }[],
): void {
  const defined = objects.flatMap((object) => {
    const { data } = definition.safeParse(object);
    return data === undefined ? [] : [`${data.spec.group}/${data.spec.names.kind}`];
  });
  const own = objects.find(({ apiVersion, kind }) => defined.includes(`${apiVersion.split('/', 1)[0]}/${kind}`));
  if (own === undefined) return;
  throw new DevError(
    `${directory} defines the kind ${own.kind} and has objects of it, which the cluster takes only afterwards; synthesize them apart: new App({ separateCrds: true })`,
  );
}

async function isFolder(directory: string): Promise<boolean> {
  return stat(directory).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
