import type { JSONValue } from '@ai-sdk/provider';
import type { CallToolResult } from '@modelcontextprotocol/client';

/** Longest text of a result that a model is given, in UTF-16 code units. */
export const MAX_RESULT_CHARACTERS = 100_000;

/** What came of a tool call. */
export interface ToolResult {
  /** What the model reads. */
  readonly text: string;
  /** The result's `structuredContent`. */
  readonly structured?: JSONValue;
  readonly isError: boolean;
}

/** Key of our part in a message's provider options. */
export const RESULT_OPTIONS = 'agentyard';

/**
 * The result of an MCP `tools/call`: its text contents joined by line feeds, or its structured content as JSON
 * if it has no contents. Images, audio and links are named, not shown.
 */
export function resultOf({ content, structuredContent, isError }: CallToolResult): ToolResult {
  const structured = structuredContent as JSONValue | undefined;
  const text =
    content.length > 0 || structured === undefined ? content.map(textOf).join('\n') : JSON.stringify(structured);
  return { text: shortened(text), structured, isError: isError === true };
}

/** The result of a call that gave none. */
export function failedResult(reason: string): ToolResult {
  return { text: shortened(reason), isError: true };
}

/** The result as a part of the model's prompt; the structured content goes along for the scripted provider alone. */
export function modelOutputOf({ text, structured, isError }: ToolResult) {
  const providerOptions = structured === undefined ? undefined : { [RESULT_OPTIONS]: { structured } };
  return { type: isError ? ('error-text' as const) : ('text' as const), value: text, providerOptions };
}

function textOf(block: CallToolResult['content'][number]): string {
  switch (block.type) {
    case 'text':
      return block.text;
    case 'resource':
      return 'text' in block.resource ? block.resource.text : `[resource ${block.resource.uri}, not shown]`;
    case 'resource_link':
      return `[link ${block.uri}]`;
    case 'image':
    case 'audio':
      return `[${block.type} ${block.mimeType}, not shown]`;
  }
}

function shortened(text: string): string {
  if (text.length <= MAX_RESULT_CHARACTERS) return text;
  // A cut between the halves of a surrogate pair would leave text that is no longer valid.
  const kept = text.slice(0, MAX_RESULT_CHARACTERS).replace(/[\uD800-\uDBFF]$/, '');
  return `${kept}\n[The result is longer: ${kept.length} of ${text.length} characters are shown.]`;
}
