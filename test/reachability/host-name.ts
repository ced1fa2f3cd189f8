/** Whether a name is the domain or, for `*.domain`, one of those below it, at any depth. */
export function isSubdomain(name: string | undefined, domain: string): boolean {
  const wanted = domain.toLowerCase();
  if (name === undefined) return false;
  return wanted.startsWith('*.') ? name.endsWith(wanted.slice(1)) && name.length > wanted.length - 1 : name === wanted;
}

/** Whether a name has as many labels as a pattern in which `*` stands for characters of one label. */
export function fitsLabels(name: string | undefined, pattern: string): boolean {
  const [labels, wanted] = [name?.split('.') ?? [], pattern.toLowerCase().split('.')];
  return (
    labels.length === wanted.length &&
    wanted.every((part, i) => part === labels[i] || (part === '*' && labels[i] !== ''))
  );
}
