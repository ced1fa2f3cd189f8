/** Members that never reach a log line, wherever an object carries them. */
const SECRET_MEMBERS: ReadonlySet<string> = new Set([
  'authorization',
  'cookie',
  'x-api-key',
  'apiKey',
  'token',
  'secret',
  'password',
]);

const CENSORED = '[redacted]';

/** How deep objects are looked into; what lies deeper is left out. */
const MAX_DEPTH = 5;

/** Whether the value of a member of this name never reaches a log line. */
export function isSecret(name: string): boolean {
  return SECRET_MEMBERS.has(name);
}

type Members = Record<string, unknown>;

/** An object without the values of secret members. It is the same one if it has none: most lines have none. */
export function censored<T extends object>(value: T): T {
  return censoredAt(value, MAX_DEPTH) as T;
}

function censoredAt(value: object, depth: number): unknown {
  if (depth === 0) return CENSORED;
  let copy: Members | undefined;
  for (const key of Object.keys(value)) {
    const member = (value as Members)[key];
    const shown = isSecret(key) ? CENSORED : memberAt(member, depth - 1);
    if (shown !== member) copy = { ...(copy ?? value), [key]: shown };
  }
  if (copy === undefined) return value;
  return Array.isArray(value) ? Object.values(copy) : copy;
}

/** Errors have a serializer of their own. */
function memberAt(member: unknown, depth: number): unknown {
  return typeof member === 'object' && member !== null && !(member instanceof Error)
    ? censoredAt(member, depth)
    : member;
}
