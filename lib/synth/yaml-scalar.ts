const BEYOND_ASCII = /[^\n\x20-\x7e]/;

/** Characters that YAML readers take for a line break, refuse, or drop: only an escape brings them through. */
const NEEDS_ESCAPE = /[^\t\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\u{10000}-\u{10ffff}]/u;
const BEYOND_JSON = /[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]/g;

/** Plain text that cannot be taken for anything else, which is nearly all that is in a manifest. */
const WORD = /^[A-DF-Za-df-z_/][A-Za-z0-9_/.-]*$/;
const RESERVED = /^(?:y|n|yes|no|on|off|true|false|null)$/i;
const LONGEST_RESERVED = 5;

/** What has a meaning in a plain scalar: an indicator in front, `: `, ` #`, white space around, a document marker. */
const INDICATOR = /^[\s,[\]{}#&*!|>'"%@`]|^[?-](?:$|\s)|:\s|\s#|[\s:]$|^(?:---|\.\.\.)|\t/;

/** What some reader of YAML 1.1 or 1.2 takes for null, a merge, a number, a time or a date. */
const OTHER_TYPES = [
  /^(?:~|=|<<)?$/,
  /^[-+]?0[xX][0-9a-fA-F_]+$/,
  /^[-+]?0[bB][01_]+$/,
  /^[-+]?0[oO]?[0-7_]+$/,
  /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])*(?:\.[0-9_]*)?$/,
  /^[-+]?(?:[0-9][0-9_]*)?(?:\.[0-9_]*)?(?:[eE][-+]?[0-9]+)?$/,
  /^[-+]?\.(?:inf|nan)$/i,
  /^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:$|[tT\s])/,
];
const BEGINS_OTHER_TYPE = /^[-+.~=<0-9eE]|^$/;

/** A block scalar holds this text as it is: it begins with text, and ends with text or one line break. */
const FITS_BLOCK = /^\S(?:[^]*\S)?\n?$/;

/** A string as a YAML scalar on one line, which every reader of YAML 1.1 and 1.2 takes for this string. */
export function flowScalar(value: string): string {
  if (WORD.test(value)) return value.length <= LONGEST_RESERVED && RESERVED.test(value) ? `"${value}"` : value;
  if (value.includes('\n') || needsEscape(value)) return doubleQuoted(value);
  if (!INDICATOR.test(value) && !isOtherType(value)) return value;
  return value.includes('"') && !value.includes("'") && !value.includes('\t') ? `'${value}'` : doubleQuoted(value);
}

/** A string as a YAML scalar, over several lines when it has several. */
export function blockScalar(value: string, depth: number): string {
  if (!value.includes('\n')) return flowScalar(value);
  if (!FITS_BLOCK.test(value) || needsEscape(value)) return doubleQuoted(value);
  const indent = '  '.repeat(depth);
  const ends = value.endsWith('\n');
  const text = ends ? value.slice(0, -1) : value;
  // Empty lines stay empty.
  const body = text.includes('\n\n') ? text.replace(/\n+/g, `$&${indent}`) : text.replaceAll('\n', `\n${indent}`);
  return `${ends ? '|' : '|-'}\n${indent}${body}`;
}

function needsEscape(value: string): boolean {
  return BEYOND_ASCII.test(value) && NEEDS_ESCAPE.test(value);
}

/** Some readers drop every underscore before they look. */
function isOtherType(value: string): boolean {
  if (!BEGINS_OTHER_TYPE.test(value)) return false;
  const dropped = value.replaceAll('_', '');
  return OTHER_TYPES.some((type) => type.test(value) || type.test(dropped));
}

/** JSON's escapes are YAML's too. */
function doubleQuoted(value: string): string {
  return JSON.stringify(value).replace(
    BEYOND_JSON,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
