import { hopsText, toolKey, type ToolId } from '../lib/authorization';
import type { Caller } from './caller';
import { EvaluatedCaller } from './evaluated-caller';
import { item, section, type MatcherResult } from './matcher-result';
import { callEnds, programOf } from './questions';
import type { ToolReference } from './tool-reference';

/** Matchers on a role, several roles, an agent or another service, or on `evaluation.as(caller)`. */
export interface CallMatchers<R> {
  /** May call a tool, and each of several; with `not`, none of them. */
  toBeAbleToCall(tool: ToolReference): R;
  /** May call exactly these tools: no others, and each of them. */
  toCallOnly(expected: readonly ToolReference[]): R;
}

/** Those on who may call which tool, for `expect.extend`. */
export const callMatchers = {
  toBeAbleToCall(this: unknown, received: Caller | EvaluatedCaller, tool: ToolReference): MatcherResult {
    const caller = evaluated(received, [tool]);
    const may = (id: ToolId) => caller.verdictOn(id).allowed;
    const tools = caller.idsOf(tool);
    // Who is not able to call a toolset can call none of its tools.
    const { isNot } = this as { readonly isNot?: boolean };
    const pass = isNot === true ? tools.some(may) : tools.every(may);
    const telling = tools.filter((id) => may(id) === pass);
    return { pass, message: () => telling.map((id) => verdictText(caller, id)).join('\n\n') };
  },

  toCallOnly(received: Caller | EvaluatedCaller, expected: readonly ToolReference[]): MatcherResult {
    const caller = evaluated(received, expected);
    const { title, tools } = caller;
    const wanted = expected.flatMap((tool) => caller.idsOf(tool));
    const more = without(tools, wanted);
    const missing = without(wanted, tools);
    const pass = more.length === 0 && missing.length === 0;
    return {
      pass,
      message: () =>
        [
          `${title} ${pass ? 'may call exactly what was expected:' : 'may not call exactly what was expected.'}`,
          ...section('It may call more:', explained(caller, more)),
          ...section('It may not call:', explained(caller, missing)),
          ...(pass ? tools.map(toolKey).map(item) : []),
        ].join('\n'),
    };
  },
};

function evaluated(received: Caller | EvaluatedCaller, tools: readonly ToolReference[]): EvaluatedCaller {
  return received instanceof EvaluatedCaller ? received : programOf(...callEnds(received, tools)).as(received);
}

function without(tools: readonly ToolId[], others: readonly ToolId[]): ToolId[] {
  const keys = new Set(others.map(toolKey));
  return tools.filter((tool) => !keys.has(toolKey(tool)));
}

function verdictText(caller: EvaluatedCaller, tool: ToolId): string {
  const { allowed, paths, whyNot = '' } = caller.verdictOn(tool);
  if (allowed) {
    const ways = paths.flatMap(({ hops, because }) => [hopsText(hops), ...because.map((one) => `  ${one}`)]);
    return [`${caller.title} may call ${toolKey(tool)}:`, ...ways.map(item)].join('\n');
  }
  const others = caller.tools.map(toolKey);
  return [
    `${caller.title} may not call ${toolKey(tool)}, because:`,
    item(whyNot),
    ...section('What it may call:', others.length === 0 ? ['nothing'] : others),
  ].join('\n');
}

/** Each tool, and under it the ways to it, or why there is none. */
function explained(caller: EvaluatedCaller, tools: readonly ToolId[]): string[] {
  return tools.flatMap((tool) => {
    const { paths, whyNot } = caller.verdictOn(tool);
    const reasons = whyNot === undefined ? paths.map(({ hops }) => hopsText(hops)) : [whyNot];
    return [toolKey(tool), ...reasons.map((one) => `  ${one}`)];
  });
}
