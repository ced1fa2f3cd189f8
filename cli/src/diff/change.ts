/** `+` permits more, `-` takes away, `~` is neither or is not judged. */
export type Sign = '+' | '-' | '~';

/** What a change is about, in the order in which changes are told. */
export const GROUPS = [
  'calls',
  'workload',
  'network',
  'dns',
  'tools',
  'routes',
  'authentication',
  'callers',
  'roles',
  'secrets',
  'tokens',
  'limits',
  'hardening',
  'volumes',
  'model',
  'image',
  'other',
] as const;
export type Group = (typeof GROUPS)[number];

/** One thing that a change permits, takes away or alters. */
export interface Change {
  readonly sign: Sign;
  readonly group: Group;
  /** `namespace/name`, the name of what has no namespace, or who calls tools: `role mcp-viewer`, `every caller`. */
  readonly place: string;
  /** What it is that changed, the same whichever way it changed. */
  readonly subject: string;
  /** In plain words. */
  readonly text: string;
}

export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Who may call which tool first, then by place, group and sign. */
export function sortedChanges(changes: readonly Change[]): Change[] {
  const signs: readonly Sign[] = ['+', '-', '~'];
  const rank = ({ group }: Change) => (group === 'calls' ? 0 : 1);
  return [...changes].sort(
    (a, b) =>
      rank(a) - rank(b) ||
      compareText(a.place, b.place) ||
      GROUPS.indexOf(a.group) - GROUPS.indexOf(b.group) ||
      signs.indexOf(a.sign) - signs.indexOf(b.sign) ||
      compareText(a.text, b.text),
  );
}
