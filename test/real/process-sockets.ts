import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** States of `/proc/net/tcp` (Linux, include/net/tcp_states.h) that matter here. */
const STATES: Readonly<Record<string, ProcessSocket['state']>> = { '01': 'ESTABLISHED', '0A': 'LISTEN' };

/** A TCP socket over IPv4 that a process has open. */
export interface ProcessSocket {
  readonly localPort: number;
  readonly state: 'ESTABLISHED' | 'LISTEN' | 'other';
}

/** The sockets of a process; none of one that is gone. */
export function socketsOf(pid: string): readonly ProcessSocket[] {
  const inodes = new Set(linksOf(`/proc/${pid}/fd`).flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []));
  const [, ...rows] = readFileSync('/proc/net/tcp', 'latin1').trim().split('\n');
  return rows
    .map((row) => row.trim().split(/\s+/))
    .filter((columns) => inodes.has(columns[9]!))
    .map(([, local = '', , state = '']) => ({
      localPort: Number.parseInt(local.slice(local.indexOf(':') + 1), 16),
      state: STATES[state] ?? 'other',
    }));
}

/** Whether a process waits for something to happen, or is gone. */
export function isAsleep(pid: string): boolean {
  try {
    return /^\d+ \(.*\) S /s.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return true;
  }
}

function linksOf(folder: string): string[] {
  try {
    return readdirSync(folder).map((name) => linkOf(`${folder}/${name}`));
  } catch {
    return [];
  }
}

/** It may be closed between the two looks. */
function linkOf(file: string): string {
  try {
    return readlinkSync(file);
  } catch {
    return '';
  }
}
