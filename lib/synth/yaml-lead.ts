import { flowScalar } from './yaml-scalar';

/** What stands in front of the value of an entry: line break, indentation, key and colon. */
export interface KeyLead {
  readonly key: string;
  /** With a space, for a value that begins on the same line. */
  readonly spaced: string;
}

/** Keys are few and come again in every object. */
const MOST_KEYS = 10_000;

/** Leads of the keys that stand behind the same text. */
export class KeyLeads {
  private readonly known = new Map<string, KeyLead>();

  public constructor(private readonly before: string) {}

  public of(key: string): KeyLead {
    const known = this.known.get(key);
    if (known !== undefined) return known;
    const text = `${this.before}${flowScalar(key)}:`;
    const lead = { key: text, spaced: `${text} ` };
    if (this.known.size < MOST_KEYS) this.known.set(key, lead);
    return lead;
  }
}

/** The leads of one depth. */
export interface Indentation {
  readonly indent: string;
  readonly keys: KeyLeads;
  /** Of an item of a sequence. */
  readonly dash: string;
  /** Of the first key of a mapping that is an item of a sequence. */
  readonly dashedKeys: KeyLeads;
}

const indentations: Indentation[] = [];

/** The leads of a depth; a sequence's items stand one level below it. */
export function indentation(depth: number): Indentation {
  while (indentations.length <= depth) {
    const indent = '  '.repeat(indentations.length);
    const dash = `\n${indent}- `;
    indentations.push({ indent, keys: new KeyLeads(`\n${indent}`), dash, dashedKeys: new KeyLeads(dash) });
  }
  return indentations[depth]!;
}
