import type { Mapping, YamlForm } from './yaml-form';
import { indentation, KeyLeads } from './yaml-lead';
import { blockScalar } from './yaml-scalar';

/**
 * Writes plain values as YAML, in the style of cdk8s. Each line begins with its line break. The text is a list of
 * parts that is joined at the end, since most of the time of synthesis would go into intermediate strings.
 */
export class YamlWriter {
  private readonly parts: string[] = [];

  /** Number of parts that wait to be taken. */
  public get size(): number {
    return this.parts.length;
  }

  /** What was written since this was called last. */
  public take(): string {
    const text = this.parts.join('');
    this.parts.length = 0;
    return text;
  }

  /** Writes text that begins with its line break. */
  public append(text: string): void {
    this.parts.push(text);
  }

  /** Writes a whole document. */
  public document(mapping: Mapping, form: YamlForm): void {
    if (!this.entries(mapping, 0, indentation(0).keys, form)) this.parts.push('\n{}');
  }

  /** Writes one entry of a document. */
  public topEntry(key: string, value: unknown, form: YamlForm): void {
    this.entry(indentation(0).keys, key, value, 0, form);
  }

  /** Answers whether the entry was not left out. */
  private entry(leads: KeyLeads, key: string, value: unknown, depth: number, form: YamlForm): boolean {
    if (typeof value === 'string') this.parts.push(leads.of(key).spaced, blockScalar(value, depth + 1));
    else if (typeof value === 'object' && value !== null) return this.nested(leads.of(key).key, value, depth + 1, form);
    else if (form.dropsNull && (value === undefined || value === null)) return false;
    else this.parts.push(leads.of(key).spaced, simpleScalar(value));
    return true;
  }

  private nested(lead: string, value: object, depth: number, form: YamlForm): boolean {
    this.parts.push(lead);
    if (this.collection(value, depth, undefined, form)) return true;
    if (form.dropsEmpty) this.parts.pop();
    else this.parts.push(' ', emptyCollection(value, form));
    return !form.dropsEmpty;
  }

  /** Writes what is in a mapping or sequence, the first behind `before`; answers whether there was something. */
  private collection(value: object, depth: number, before: string | undefined, form: YamlForm): boolean {
    if (Array.isArray(value)) return this.items(value, depth, before, form);
    return this.entries(value as Mapping, depth, firstLeads(depth, before), form);
  }

  private entries(mapping: Mapping, depth: number, firstLead: KeyLeads, form: YamlForm): boolean {
    const { keys } = indentation(depth);
    let isEmpty = true;
    for (const key of form.keysOf(mapping)) {
      if (this.entry(isEmpty ? firstLead : keys, key, mapping[key], depth, form)) isEmpty = false;
    }
    return !isEmpty;
  }

  private items(values: readonly unknown[], depth: number, before: string | undefined, form: YamlForm): boolean {
    const { dash } = indentation(depth);
    let lead = before === undefined ? dash : `${before}- `;
    for (const value of values) {
      this.item(lead, value, depth + 1, form);
      lead = dash;
    }
    return values.length > 0;
  }

  private item(lead: string, value: unknown, depth: number, form: YamlForm): void {
    if (typeof value === 'string') this.parts.push(lead, blockScalar(value, depth));
    else if (typeof value !== 'object' || value === null) this.parts.push(lead, simpleScalar(value));
    else if (!this.collection(value, depth, lead, form)) this.parts.push(lead, emptyCollection(value, form));
  }
}

/** The first key of an item stands behind its dash. */
function firstLeads(depth: number, before: string | undefined): KeyLeads {
  if (before === undefined) return indentation(depth).keys;
  const above = indentation(depth - 1);
  return before === above.dash ? above.dashedKeys : new KeyLeads(before);
}

/** An item cannot be left out, or those after it would move. */
function emptyCollection(value: object, form: YamlForm): string {
  if (form.dropsEmpty) return 'null';
  return Array.isArray(value) ? '[]' : '{}';
}

function simpleScalar(value: unknown): string {
  if (typeof value === 'number') return numberText(value);
  return typeof value === 'boolean' ? String(value) : 'null';
}

function numberText(value: number): string {
  if (Number.isFinite(value)) return Object.is(value, -0) ? '-0' : String(value);
  if (Number.isNaN(value)) return '.nan';
  return value < 0 ? '-.inf' : '.inf';
}
