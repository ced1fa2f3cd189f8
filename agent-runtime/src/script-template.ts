import type { JSONValue } from '@ai-sdk/provider';

/** What a template of a script may refer to. */
export interface TemplateValues {
  /** The user's input. */
  readonly input: string;
  /** The last tool result of the request, if there is one. */
  readonly result?: { readonly text: string; readonly structured?: JSONValue };
}

const PLACEHOLDER = /\{\{\s*(input|result((?:\.[A-Za-z_][\w-]*|\[\d+\])*))\s*\}\}/g;
const STEP = /\.([A-Za-z_][\w-]*)|\[(\d+)\]/g;

/**
 * Fills in `{{input}}`, `{{result}}` (the text of the last tool result) and `{{result.a.b[0]}}` (a value of its
 * structured content, as JSON unless it is a string). What has no value renders as `[no value at <placeholder>]`.
 * Values are not searched for placeholders again.
 */
export function fillTemplate(template: string, { input, result }: TemplateValues): string {
  return template.replace(PLACEHOLDER, (_, name: string, path: string | undefined) => {
    if (name === 'input') return input;
    const value = path ? valueAt(result?.structured, path) : result?.text;
    if (value === undefined) return `[no value at ${name}]`;
    return typeof value === 'string' ? value : JSON.stringify(value);
  });
}

/** Fills in every string of a JSON value; keys stay as they are. */
export function fillStrings(value: JSONValue, values: TemplateValues): JSONValue {
  if (typeof value === 'string') return fillTemplate(value, values);
  if (isArray(value)) return value.map((item) => fillStrings(item, values));
  if (typeof value !== 'object' || value === null) return value;
  const filled = Object.entries(value).map(([key, member]) => [key, fillStrings(member ?? null, values)] as const);
  return Object.fromEntries(filled);
}

/** The value at a path such as `.a.b[0]`; absent where it leads nowhere. Inherited members are no values. */
function valueAt(root: JSONValue | undefined, path: string): JSONValue | undefined {
  let value = root;
  for (const [, key, index] of path.matchAll(STEP)) {
    value = key === undefined ? itemOf(value, Number(index)) : memberOf(value, key);
  }
  return value;
}

function itemOf(value: JSONValue | undefined, index: number): JSONValue | undefined {
  return isArray(value) ? value[index] : undefined;
}

function memberOf(value: JSONValue | undefined, key: string): JSONValue | undefined {
  if (typeof value !== 'object' || value === null || isArray(value)) return undefined;
  return Object.hasOwn(value, key) ? value[key] : undefined;
}

function isArray(value: JSONValue | undefined): value is readonly JSONValue[] {
  return Array.isArray(value);
}
