import type { IConstruct } from 'constructs';
import { OTHER_TOOLS, type Calls, type ToolId } from '../lib/authorization';

/**
 * Tools: one of a toolset (`logs.tool('log_store')`), all of it (`logs`), or all of an MCP server (`github`) that the
 * program names; or by name, `namespace/toolset/tool`, `namespace/toolset`, or `server/tool`, where `*` stands for the
 * tools that the program does not name.
 */
export type ToolReference = ToolConstruct | ServerConstruct | string;

/** An MCP server of others. */
export interface ServerConstruct {
  /** Name by which gateways know it. */
  readonly serverName: string;
}

/** A tool or toolset of the program. */
export interface ToolConstruct {
  /** Names of the tools. */
  readonly toolNames: readonly string[];
}

/** What it knows beside its published members. */
interface BuiltTools extends ToolConstruct {
  readonly _workload?: {
    readonly id: { readonly namespace: string; readonly name: string };
    readonly scope: IConstruct;
  };
}

/** The toolset or server of a tool, as a construct; undefined for one by name. */
export function constructOf(tool: ToolReference): IConstruct | undefined {
  if (typeof tool === 'string') return undefined;
  return 'serverName' in tool ? (tool as unknown as IConstruct) : (tool as BuiltTools)._workload?.scope;
}

/** @throws RangeError for what is no tool, and for the name of a toolset or server that is not there */
export function toolIds(calls: Calls, reference: ToolReference): ToolId[] {
  if (typeof reference === 'string') return namedTools(calls, reference);
  if ('serverName' in reference) return serverTools(calls, reference.serverName);
  const { _workload: workload, toolNames } = reference as BuiltTools;
  if (workload === undefined) throw new RangeError('a tool is asked for that is none of a toolset');
  return toolNames.map((tool) => ({ toolset: `${workload.id.namespace}/${workload.id.name}`, tool }));
}

function namedTools({ tools, servers }: Calls, reference: string): ToolId[] {
  const [first = '', name = '', tool, ...more] = reference.split('/');
  const toolset = `${first}/${name}`;
  const all = tools.filter((one) => one.toolset === toolset);
  // Tools of a server have whatever names it gives them.
  if (all.length === 0 && name !== '' && servers.includes(first)) {
    return [{ toolset: first, tool: reference.slice(first.length + 1) }];
  }
  if (name === '' || more.length > 0) {
    throw new RangeError(`"${reference}" is neither namespace/toolset/tool, namespace/toolset nor server/tool`);
  }
  if (tool !== undefined) return [{ toolset, tool }];
  if (all.length > 0) return all;
  const there = [...new Set(tools.map((one) => one.toolset))].join(', ');
  throw new RangeError(`there is no toolset ${toolset}; there are ${there || 'none'}`);
}

/** The tools of a server that the program names, and the others if it lets somebody call them or names none. */
function serverTools({ tools }: Calls, server: string): ToolId[] {
  const all = tools.filter(({ toolset }) => toolset === server);
  return all.length > 0 ? all : [{ toolset: server, tool: OTHER_TOOLS }];
}
