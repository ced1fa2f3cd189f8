import { createColors } from 'picocolors';
import { printable } from '../dev/log-line.js';
import type { Terminal } from '../dev/terminal.js';
import { orTold } from '../evaluated/told.js';
import type { Kubectl } from '../kubectl/kubectl.js';
import { keyPlace, type PlaceFlags } from './key-place.js';
import { KeySecret } from './key-secret.js';
import { stateOf, type KeyState } from './key-state.js';
import type { KeyEntry } from './stored-keys.js';

export interface ListOptions extends PlaceFlags {
  readonly json?: boolean;
}

/** Shows the keys of a Secret, never their hashes. @returns the exit code */
export function runList(options: ListOptions, kubectl: Kubectl, terminal: Terminal, now: number): Promise<number> {
  return orTold(terminal, async () => {
    const place = await keyPlace(options);
    const { entries } = await new KeySecret(kubectl, place.secret).read();
    const keys = entries.map((entry) => listed(entry, now));
    terminal.out(options.json === true ? `${JSON.stringify(keys, undefined, 2)}\n` : table(keys, terminal.color));
    return 0;
  });
}

/** A key as it is listed. */
interface ListedKey {
  /** Its id; for what cannot be read, the name of the entry. */
  readonly id: string;
  readonly user?: string;
  readonly roles?: readonly string[];
  readonly createdAt?: string;
  readonly expiresAt?: string;
  readonly state: KeyState;
  /** Why it is unreadable. */
  readonly fault?: string;
}

function listed(entry: KeyEntry, now: number): ListedKey {
  const { name, document, fault } = entry;
  const state = stateOf(entry, now);
  if (document === undefined || fault !== undefined) return { id: name, state, fault };
  const { id, user, roles, createdAt, expiresAt } = document;
  return { id, user, roles, createdAt, expiresAt, state };
}

const TITLES = ['ID', 'USER', 'ROLES', 'CREATED', 'EXPIRES', 'STATE'];

function table(keys: readonly ListedKey[], color: boolean): string {
  if (keys.length === 0) return 'no keys\n';
  const rows = [TITLES, ...keys.map(cells)].map((row) => row.map(printable));
  const widths = TITLES.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const paint = createColors(color);
  const paints = { valid: paint.green, 'expires-soon': paint.yellow, expired: paint.dim, unreadable: paint.red };
  const lines = rows.map((row, i) => {
    const state = keys[i - 1]?.state;
    const line = row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)));
    return line.with(-1, state === undefined ? (line.at(-1) ?? '') : paints[state](line.at(-1) ?? '')).join('  ');
  });
  return `${lines.join('\n')}\n`;
}

function cells({ id, user = '-', roles = [], createdAt = '-', expiresAt = '-', state, fault }: ListedKey): string[] {
  const word = state.replace('-', ' ');
  const end = state !== 'unreadable' && expiresAt === '-' ? 'never' : expiresAt;
  return [id, user, roles.join(',') || '-', createdAt, end, fault === undefined ? word : `${word}: ${fault}`];
}
