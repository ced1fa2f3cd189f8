type Members = Readonly<Record<string, unknown>>;

/** The members of an object that another one has not in the same way. Lists are compared without their order. */
export function differing<T extends object>(desired: T, actual: object): Partial<T> {
  const found = actual as Members;
  const members = Object.entries(desired).filter(([key, value]) => !isSame(value, found[key]));
  return Object.fromEntries(members) as Partial<T>;
}

/** Whether two values say the same. What is empty is as good as absent: Keycloak leaves it out. */
export function isSame(a: unknown, b: unknown): boolean {
  return canonical(a) === canonical(b);
}

/** The members of an object, its lists with what another one has in them, too. */
export function atLeast<T extends object>(desired: T, actual: object): T {
  const found = actual as Members;
  const members = Object.entries(desired).map(([key, value]: [string, unknown]) => {
    const present = found[key];
    return [key, Array.isArray(value) && Array.isArray(present) ? united(present, value) : value];
  });
  return Object.fromEntries(members) as T;
}

/** A list, and what of another one it lacks. */
export function united<T>(present: readonly T[] = [], wanted: readonly T[]): T[] {
  return [...present, ...wanted.filter((entry) => !present.includes(entry))];
}

/** What of a list another one lacks. */
export function lacking(wanted: readonly string[], present: readonly string[]): string[] {
  return wanted.filter((name) => !present.includes(name));
}

function canonical(value: unknown): string {
  if (isEmpty(value)) return 'null';
  if (Array.isArray(value)) return `[${value.map(canonical).sort().join()}]`;
  if (typeof value !== 'object') return JSON.stringify(value);
  const members = Object.entries(value as Members).filter(([, member]) => !isEmpty(member));
  return `{${members
    .map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`)
    .sort()
    .join()}}`;
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return true;
  return typeof value === 'object' && Object.values(value).every(isEmpty);
}
