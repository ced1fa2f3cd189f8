import { serverTitle } from './tool-id';
import { because, holds, missing, type Check } from './check';

/** A part of a way to a tool. */
export interface Hop {
  readonly kind: 'gateway' | 'agent' | 'service' | 'toolset' | 'mcp-server';
  /** `namespace/name`; of an MCP server its name alone. */
  readonly name: string;
}

/** A way on which a tool may be called. */
export interface CallPath {
  /** From who is called first to whose tool it is. */
  readonly hops: readonly Hop[];
  /** The credential, routes, roles and policies that let it. */
  readonly because: readonly string[];
}

/** A way to a tool that is open if all of its checks hold. */
export interface Candidate {
  /** `namespace/name` of the gateway that it begins at; absent for services that call for themselves. */
  readonly gateway?: string;
  readonly hops: readonly Hop[];
  /** In the order in which they are made. */
  readonly checks: readonly Check[];
}

/** Whether it is open to those whose roles are right. */
export function isOpenToSome({ checks }: Candidate): boolean {
  return checks.every((check) => check.kind !== 'fact' || check.holds());
}

/** The way of somebody with these roles, of a candidate that is open to some; undefined if it is closed. */
export function pathOf({ hops, checks }: Candidate, roles: readonly string[]): CallPath | undefined {
  const isOpen = checks.every((check) => check.kind === 'fact' || holds(check, roles));
  return isOpen ? { hops, because: [...new Set(checks.flatMap((check) => because(check, roles)))] } : undefined;
}

/** What is missing first on the most promising of some ways: the one on which least is missing, nearest to the tool. */
export function firstMissing(candidates: readonly Candidate[], roles: readonly string[]): string | undefined {
  const judged = candidates.map(({ checks }) => {
    const failed = checks.filter((check) => !holds(check, roles));
    const [first] = failed;
    return { first, count: failed.length, left: first === undefined ? 0 : checks.length - checks.indexOf(first) };
  });
  const [best] = judged.sort((a, b) => a.count - b.count || a.left - b.left);
  return best?.first && missing(best.first, roles);
}

/** `gateway agents/gateway -> agent agents/support -> toolset agents/logs`. */
export function hopsText(hops: readonly Hop[]): string {
  return hops.map(hopText).join(' -> ');
}

export function hopText({ kind, name }: Hop): string {
  return kind === 'mcp-server' ? serverTitle(name) : `${kind} ${name}`;
}
