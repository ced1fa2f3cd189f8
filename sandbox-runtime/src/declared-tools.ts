import { isDeepStrictEqual } from 'node:util';
import type { ToolsetDocument } from 'agentyard/contract';

type Tool = ToolsetDocument['tools'][number];

/** A tool as a server lists it; its members may be anything. */
export type ListedTool = Readonly<Record<string, unknown>>;

/** What has to be the same; title and annotations are the program's to choose. */
const COMPARED = ['description', 'inputSchema', 'outputSchema'] as const;

/** What sets apart the tools that are declared and those that a server has, in words; empty if nothing does. */
export function differences(declared: readonly Tool[], listed: readonly ListedTool[]): string[] {
  const names = new Set<unknown>(declared.map(({ name }) => name));
  const unknown = listed.filter(({ name }) => !names.has(name)).map(({ name }) => nameText(name));
  return [
    ...declared.flatMap((tool) =>
      differencesOf(
        tool,
        listed.filter(({ name }) => name === tool.name),
      ),
    ),
    ...unknown.map((name) => `the server has the tool "${name}", which is not declared`),
  ];
}

function differencesOf(tool: Tool, [found, other]: readonly ListedTool[]): string[] {
  if (found === undefined) return [`tool "${tool.name}" is declared, but the server has none of that name`];
  if (other !== undefined) return [`the server has two tools "${tool.name}"`];
  return COMPARED.filter((member) => !isDeepStrictEqual(canonical(tool[member]), canonical(found[member]))).map(
    (member) => `the ${member} of the tool "${tool.name}" is another one in the server`,
  );
}

/** A schema in one form: without the name of its dialect, and without the order of what has none. */
function canonical(schema: unknown): unknown {
  if (!isObject(schema)) return schema;
  const { $schema: _dialect, ...rest } = schema;
  return withoutOrder(rest);
}

function withoutOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutOrder);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [
      key,
      key === 'required' && isNames(member) ? [...member].sort() : withoutOrder(member),
    ]),
  );
}

function isNames(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((name) => typeof name === 'string');
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What a server calls its tools may be any text. */
function nameText(name: unknown): string {
  return (typeof name === 'string' ? name : (JSON.stringify(name) ?? '')).slice(0, 128);
}
