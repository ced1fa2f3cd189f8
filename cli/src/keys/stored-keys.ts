import { apiKeyDocument, ContractError, parseDocument, type ApiKeyDocument } from 'agentyard/contract';
import { z } from 'zod';
import { DevError } from '../dev/dev-error.js';
import { appliedEntries, writers } from './applied-entries.js';

/** An entry of a Secret of API keys. */
export interface KeyEntry {
  readonly name: string;
  readonly document?: ApiKeyDocument;
  /** Why no gateway takes it, if so. */
  readonly fault?: string;
}

const secret = z.looseObject({
  metadata: z.looseObject({ resourceVersion: z.string(), ...writers }),
  immutable: z.boolean().nullish(),
  type: z.string(),
  data: z.record(z.string(), z.base64()).nullish(),
});

/** The keys of a Secret as it was at one time. */
export class StoredKeys {
  /**
   * @param title how messages call the Secret
   * @throws DevError if the object is none
   */
  public static read(object: unknown, title: string): StoredKeys {
    const { success, data } = secret.safeParse(object);
    if (!success) throw new DevError(`the API server gives a ${title} that is not understood`);
    return new StoredKeys(title, data);
  }

  /** In the order in which a gateway reads them. */
  public readonly entries: readonly KeyEntry[];
  /** The state of the Secret, by which the API server knows whether it has changed since. */
  public readonly resourceVersion: string;

  private constructor(
    private readonly title: string,
    private readonly object: z.output<typeof secret>,
  ) {
    this.resourceVersion = object.metadata.resourceVersion;
    const entries = Object.entries(object.data ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
    const ids = new Set<string>();
    this.entries = entries.map(([name, value]) => {
      const entry = read(name, Buffer.from(value, 'base64').toString('utf8'));
      if (entry.document === undefined) return entry;
      const { id } = entry.document;
      if (ids.has(id)) return { ...entry, fault: `another entry has a key of the id ${id}` };
      ids.add(id);
      return entry;
    });
  }

  /** The entry and document of a key. @throws DevError if there is none */
  public key(id: string): { readonly name: string; readonly document: ApiKeyDocument } {
    for (const { name, document, fault } of this.entries)
      if (document?.id === id && fault === undefined) return { name, document };
    throw this.unknown(id);
  }

  /** Names of the entries of a key: those with its id, and the one of this name. @throws DevError if there is none */
  public entriesOf(id: string): readonly string[] {
    const names = this.entries
      .filter(({ name, document }) => name === id || document?.id === id)
      .map(({ name }) => name);
    if (names.length === 0) throw this.unknown(id);
    return names;
  }

  /** A warning about those of these entries that will come back, since they are in a manifest; empty if none will. */
  public warningOfApplied(names: readonly string[]): string {
    const applied = appliedEntries(this.object.metadata);
    const back = names.filter((name) => applied.has(name));
    if (back.length === 0) return '';
    return `warning: ${back.join(', ')} came from a manifest; change it there, too (--print), or applying it brings back what was there\n`;
  }

  /** @throws DevError if the Secret is not one that keys can be written to */
  public refuseOthers(): void {
    const { type, immutable } = this.object;
    if (type !== 'Opaque')
      throw new DevError(`the ${this.title} is of type ${type}; API keys are in one of type Opaque`);
    if (immutable === true)
      throw new DevError(`the ${this.title} is immutable; delete it, and make it again without \`immutable\``);
    if (this.entries.length === 0 || this.entries.some(({ document }) => document !== undefined)) return;
    const names = this.entries.map(({ name }) => name).join(', ');
    throw new DevError(`the ${this.title} holds no API key, but ${names}; name the one that the gateway mounts`);
  }

  private unknown(id: string): DevError {
    return new DevError(`there is no key ${id} in the ${this.title}; \`agentyard keys list\` shows what there is`);
  }
}

function read(name: string, text: string): KeyEntry {
  try {
    return { name, document: parseDocument(apiKeyDocument, text) };
  } catch (error) {
    if (!(error instanceof ContractError)) throw error;
    // Without the text itself, which may be a secret of something else.
    const faults = error.faults.map(({ path, message }) => `${path}: ${message.replace(/^not JSON.*/s, 'not JSON')}`);
    return { name, fault: faults.join('; ') };
  }
}
