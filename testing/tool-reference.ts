import type { IConstruct } from 'constructs';
import type { Calls, ToolId } from '../lib/authorization';

/**
 * Tools: one of a toolset (`logs.tool('log_store')`) or all of it (`logs`); or by name, `namespace/toolset/tool` or
 * `namespace/toolset`.
 */
export type ToolReference = ToolConstruct | string;

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

/** The toolset of a tool, as a construct; undefined for one by name. */
export function constructOf(tool: ToolReference): IConstruct | undefined {
  return typeof tool === 'string' ? undefined : (tool as BuiltTools)._workload?.scope;
}

/** @throws RangeError for what is no tool, and for the name of a toolset that is not there */
export function toolIds({ tools }: Calls, reference: ToolReference): ToolId[] {
  if (typeof reference !== 'string') {
    const { _workload: workload, toolNames } = reference as BuiltTools;
    if (workload === undefined) throw new RangeError('a tool is asked for that is none of a toolset');
    return toolNames.map((tool) => ({ toolset: `${workload.id.namespace}/${workload.id.name}`, tool }));
  }
  const [namespace = '', name = '', tool, ...more] = reference.split('/');
  if (name === '' || more.length > 0) {
    throw new RangeError(`"${reference}" is neither namespace/toolset/tool nor namespace/toolset`);
  }
  const toolset = `${namespace}/${name}`;
  if (tool !== undefined) return [{ toolset, tool }];
  const all = tools.filter((one) => one.toolset === toolset);
  if (all.length > 0) return all;
  const there = [...new Set(tools.map((one) => one.toolset))].join(', ');
  throw new RangeError(`there is no toolset ${toolset}; there are ${there || 'none'}`);
}
