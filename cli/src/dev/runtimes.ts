import { existsSync } from 'node:fs';
import { DevError } from './dev-error.js';

/** Label of a pod that says which runtime it runs. */
export const RUNTIME_LABEL = 'agentyard.dev/runtime';

/** The runtimes that can be started as local processes. */
export const RUNTIME_KINDS = ['gateway', 'agent', 'sandbox'] as const;
export type RuntimeKind = (typeof RUNTIME_KINDS)[number];

/** What the label says of an MCP server whose image is not of this library, and which is not started here. */
export const FOREIGN_SERVER = 'mcp-server';

/** Main modules of the runtimes, as absolute paths. */
export type RuntimeMains = Readonly<Record<RuntimeKind, string>>;

/** @throws DevError when this Node is too old for the runtimes, or one of them is not there */
export function refuseUnusableRuntimes(mains: RuntimeMains, version = process.versions.node): void {
  if (Number(version.split('.')[0]) < 24) {
    throw new DevError(
      `Node.js 24 or newer is needed, this is ${version}; start through npx or an npm script, which bring their own`,
    );
  }
  for (const kind of RUNTIME_KINDS) {
    if (!existsSync(mains[kind]))
      throw new DevError(`the ${kind} runtime is not built (${mains[kind]} is missing); run \`npm run build\``);
  }
}
