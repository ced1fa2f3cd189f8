import type { ArgumentRules, GatewayToolset } from 'agentyard/contract';
import type { Caller } from '../../auth/caller.js';
import { may } from '../../pipeline/authorize.js';
import type { UpstreamTarget } from '../upstream/target.js';
import { argumentRulesOf } from './tool-rules.js';

/** A toolset behind an endpoint. Its tools are those that the document declares. */
export class ToolsetBackend {
  public readonly kind = 'toolset';
  /** Which arguments may be given to its tools, for those that have rules. */
  public readonly argumentRules: ReadonlyMap<string, ArgumentRules>;
  private readonly tools: ReadonlyMap<string, GatewayToolset['tools'][number]>;

  public constructor(
    { tools }: GatewayToolset,
    public readonly target: UpstreamTarget,
  ) {
    this.tools = new Map(tools.map((tool) => [tool.name, tool]));
    this.argumentRules = argumentRulesOf(tools);
  }

  /** Names of its tools, and under which they are offered together with others', in the document's order. */
  public get declared(): readonly { readonly name: string; readonly as: string }[] {
    return [...this.tools.values()];
  }

  /** The declarations of its tools. */
  public get toolRules(): unknown {
    return [...this.tools.values()];
  }

  public has(tool: string): boolean {
    return this.tools.has(tool);
  }

  public mayCall(tool: string, caller: Caller): boolean {
    const declared = this.tools.get(tool);
    return declared !== undefined && may(caller, declared);
  }
}
