import { principalText, type CallVerdict, type Principal, type ToolId } from '../lib/authorization';
import type { Evaluation } from './evaluation';
import { constructOf, toolIds, type ToolReference } from './tool-reference';

/** Somebody who calls tools, together with the evaluation that is asked. */
export class EvaluatedCaller {
  public constructor(
    private readonly evaluation: Evaluation,
    private readonly principal: Principal,
  ) {}

  /** How messages call it. */
  public get title(): string {
    return principalText(this.principal);
  }

  /** All tools that it may call. */
  public get tools(): ToolId[] {
    return this.evaluation.calls.toolsFor(this.principal);
  }

  /** Whether it may call a tool, on which ways, and if on none, why not. Of several tools, whether all of them. */
  public canCall(tool: ToolReference): CallVerdict {
    const verdicts = this.idsOf(tool).map((id) => this.verdictOn(id));
    return verdicts.find(({ allowed }) => !allowed) ?? { allowed: true, paths: verdicts.flatMap(({ paths }) => paths) };
  }

  public verdictOn(tool: ToolId): CallVerdict {
    return this.evaluation.calls.canCall(this.principal, tool);
  }

  /** The tools that a reference stands for. */
  public idsOf(tool: ToolReference): ToolId[] {
    const construct = constructOf(tool);
    if (construct !== undefined) this.evaluation.requireOwn(construct);
    return toolIds(this.evaluation.calls, tool);
  }
}
