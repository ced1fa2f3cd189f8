import { titleOf, type KubernetesObject } from './kubernetes-object';
import { NotUnderstoodError } from './not-understood';

type Fields = Readonly<Record<string, unknown>>;

/** Reads a part of a manifest strictly: what it does not expect is an error that says where it stands. */
export class ManifestReader {
  /** Reads a section of an object, such as its spec. */
  public static of(object: KubernetesObject, section: string): ManifestReader {
    return new ManifestReader(object[section] ?? {}, `${titleOf(object)}: ${section}`);
  }

  private readonly fields: Fields;

  public constructor(
    value: unknown,
    private readonly place: string,
  ) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw this.fault('', 'is no object');
    this.fields = value as Fields;
  }

  /** Refuses fields other than these: one that is not read could widen what is. */
  public only(...known: readonly string[]): this {
    const unknown = Object.keys(this.fields).find((key) => this.has(key) && !known.includes(key));
    if (unknown !== undefined) throw this.fault(unknown, 'is not understood');
    return this;
  }

  public has(key: string): boolean {
    return this.fields[key] !== undefined && this.fields[key] !== null;
  }

  /** Names of the fields that are set. */
  public keys(): string[] {
    return Object.keys(this.fields).filter((key) => this.has(key));
  }

  /** An object; empty if it is absent. */
  public child(key: string): ManifestReader {
    return new ManifestReader(this.fields[key] ?? {}, this.path(key));
  }

  /** The objects of a list; none if it is absent. */
  public items(key: string): ManifestReader[] {
    return this.list(key).map((item, i) => new ManifestReader(item, `${this.path(key)}[${i}]`));
  }

  public strings(key: string): string[] {
    const list = this.list(key);
    if (!list.every((item) => typeof item === 'string')) throw this.fault(key, 'is no list of texts');
    return list;
  }

  public text(key: string): string | undefined {
    const value = this.fields[key] ?? undefined;
    if (value !== undefined && typeof value !== 'string') throw this.fault(key, 'is no text');
    return value;
  }

  public integer(key: string): number | undefined {
    const value = this.fields[key] ?? undefined;
    if (value !== undefined && !Number.isInteger(value)) throw this.fault(key, 'is no whole number');
    return value as number | undefined;
  }

  public flag(key: string): boolean | undefined {
    const value = this.fields[key] ?? undefined;
    if (value !== undefined && typeof value !== 'boolean') throw this.fault(key, 'is neither true nor false');
    return value;
  }

  /** A number or a name, as ports are given. */
  public integerOrText(key: string): number | string | undefined {
    return typeof this.fields[key] === 'string' ? this.text(key) : this.integer(key);
  }

  /** The texts of an object whose keys are free, such as labels. */
  public texts(key: string): Record<string, string> {
    const entries = Object.entries(this.child(key).fields);
    if (!entries.every(([, value]) => typeof value === 'string')) throw this.fault(key, 'has a value that is no text');
    return Object.fromEntries(entries) as Record<string, string>;
  }

  /** What to throw about a field. */
  public fault(key: string, reason: string): NotUnderstoodError {
    return new NotUnderstoodError([`${key === '' ? this.place : this.path(key)} ${reason}`]);
  }

  private list(key: string): unknown[] {
    const value = this.fields[key] ?? [];
    if (!Array.isArray(value)) throw this.fault(key, 'is no list');
    return value;
  }

  private path(key: string): string {
    return `${this.place}.${key}`;
  }
}
