/** Every value in JSON that holds no others, by its path. Members of lists that have a name go by it. */
export function leavesOf(value: unknown, path = '$'): Map<string, string> {
  const found = new Map<string, string>();
  collect(value, path, found);
  return found;
}

function collect(value: unknown, path: string, found: Map<string, string>): void {
  if (Array.isArray(value)) {
    if (value.length === 0) found.set(path, '[]');
    const names = value.map(nameOf);
    const areNames = names.every((name) => name !== undefined) && new Set(names).size === names.length;
    value.forEach((member, i) => collect(member, `${path}[${areNames ? names[i] : i}]`, found));
  } else if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).filter(([, member]) => member !== undefined);
    if (members.length === 0) found.set(path, '{}');
    for (const [key, member] of members) collect(member, `${path}.${key}`, found);
  } else {
    found.set(path, JSON.stringify(value));
  }
}

function nameOf(member: unknown): string | undefined {
  const name = (member as { name?: unknown } | null | undefined)?.name;
  return typeof name === 'string' ? name : undefined;
}
