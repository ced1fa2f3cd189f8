import { readFile } from 'node:fs/promises';
import { parseEnv } from 'node:util';
import { DevError } from './dev-error.js';
import type { LocalIdentity } from './local-identity.js';
import type { Manifests } from './manifests.js';

/** The keys of a ConfigMap or Secret, and their bytes. */
export type Contents = ReadonlyMap<string, Buffer>;

/** What ConfigMaps and Secrets contain: from the manifests, or from files that stand for Secrets. */
export class ObjectContents {
  private readonly usedFiles = new Set<string>();
  private readonly missedSecrets = new Set<string>();

  private constructor(
    private readonly manifests: Manifests,
    private readonly secretFiles: ReadonlyMap<string, Contents>,
    public readonly identity: LocalIdentity,
  ) {}

  /**
   * @param envFiles files of KEY=VALUE lines, by the Secret's name or `<namespace>/<name>`
   * @param identity what stands for the cluster's trust job
   * @throws DevError when a file cannot be read or holds no line
   */
  public static async load(
    manifests: Manifests,
    envFiles: Readonly<Record<string, string>>,
    identity: LocalIdentity,
  ): Promise<ObjectContents> {
    identity.take(manifests);
    const entries = Object.entries(envFiles).map(async ([secret, file]) => [secret, await readEnvFile(file)] as const);
    return new ObjectContents(manifests, new Map(await Promise.all(entries)), identity);
  }

  /** Contents of a ConfigMap; absent when it is not among the manifests. */
  public configMap(namespace: string, name: string): Contents | undefined {
    const found = this.manifests.configMap(namespace, name);
    if (found === undefined) return undefined;
    const filled = this.identity.contents('ConfigMap', namespace, name);
    if (filled !== undefined) return filled;
    return new Map([...entriesOf(found.data, 'utf8'), ...entriesOf(found.binaryData, 'base64')]);
  }

  /** Contents of a Secret; a file that stands for it goes before the manifests. */
  public secret(namespace: string, name: string): Contents | undefined {
    for (const key of [`${namespace}/${name}`, name]) {
      const given = this.secretFiles.get(key);
      if (given === undefined) continue;
      this.usedFiles.add(key);
      return given;
    }
    const filled = this.identity.contents('Secret', namespace, name);
    if (filled !== undefined) return filled;
    this.missedSecrets.add(name);
    const found = this.manifests.secret(namespace, name);
    if (found === undefined) return undefined;
    return new Map([...entriesOf(found.data, 'base64'), ...entriesOf(found.stringData, 'utf8')]);
  }

  /** @throws DevError for a file that no workload had a use for */
  public refuseUnusedFiles(): void {
    const unused = [...this.secretFiles.keys()].find((key) => !this.usedFiles.has(key));
    if (unused === undefined) return;
    const names = [...this.missedSecrets, ...this.usedFiles].sort().join(', ') || 'none';
    throw new DevError(`--env-file ${unused}: no workload uses a Secret of this name; Secrets in use: ${names}`);
  }
}

function entriesOf(values: Readonly<Record<string, string>>, encoding: 'utf8' | 'base64'): [string, Buffer][] {
  return Object.entries(values).map(([key, value]) => [key, Buffer.from(value, encoding)]);
}

async function readEnvFile(file: string): Promise<Contents> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new DevError(
      `--env-file: ${file} cannot be read (${(error as Error).message}); give a file of KEY=VALUE lines`,
    );
  }
  const values = Object.entries(parseEnv(text));
  if (values.length === 0) throw new DevError(`--env-file: ${file} holds no KEY=VALUE line`);
  return new Map(values.map(([key, value]) => [key, Buffer.from(value ?? '', 'utf8')]));
}
