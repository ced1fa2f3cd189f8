import { ArgumentRules, type ToolPermission } from 'agentyard/contract';

/** The argument rules of those tools that have some, compiled, by the tool's own name. */
export function argumentRulesOf(
  tools: readonly (ToolPermission & { readonly name: string })[],
): ReadonlyMap<string, ArgumentRules> {
  const compiled = new Map<string, ArgumentRules>();
  for (const tool of tools) {
    const rules = ArgumentRules.of(tool);
    if (rules !== undefined) compiled.set(tool.name, rules);
  }
  return compiled;
}
