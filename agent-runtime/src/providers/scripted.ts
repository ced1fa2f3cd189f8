import { randomUUID } from 'node:crypto';
import type {
  JSONValue,
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4Content,
  LanguageModelV4FinishReason,
  LanguageModelV4GenerateResult,
  LanguageModelV4Prompt,
  LanguageModelV4StreamPart,
  LanguageModelV4Usage,
} from '@ai-sdk/provider';
import type { ScriptStep } from 'agentyard/contract';
import { RE2JS } from 're2js';
import { fillStrings, fillTemplate, type TemplateValues } from '../script-template.js';
import { RESULT_OPTIONS } from '../tool-result.js';
import type { ConfigOf } from './provider-context.js';

/** Words with the blanks before them, each a token. */
const WORDS = /\s*\S+|\s+/g;

/** Text is streamed in about as many parts. */
const DELTAS = 4;

const NO_RULE = 'The script of this agent has no rule for this input.';

/** A model that plays the rules of the document: the same answer every time, without a provider. */
export function scriptedModel({ rules }: ConfigOf<'scripted'>): LanguageModelV4 {
  const compiled = rules.map(({ when, steps }) => ({
    pattern: when === undefined ? undefined : RE2JS.compile(when),
    steps,
  }));
  const answer = ({ prompt, maxOutputTokens }: LanguageModelV4CallOptions): LanguageModelV4GenerateResult => {
    const { values, turn } = readPrompt(prompt);
    const rule = compiled.find(({ pattern }) => pattern === undefined || pattern.matcher(values.input).find());
    return played(rule?.steps[turn] ?? { say: NO_RULE }, values, prompt, maxOutputTokens);
  };
  return {
    specificationVersion: 'v4',
    provider: 'scripted',
    modelId: 'scripted',
    supportedUrls: {},
    doGenerate: (options) => Promise.resolve(answer(options)),
    doStream: (options) => Promise.resolve({ stream: ReadableStream.from(partsOf(answer(options))) }),
  };
}

function played(
  step: ScriptStep,
  values: TemplateValues,
  prompt: LanguageModelV4Prompt,
  maxTokens = Infinity,
): LanguageModelV4GenerateResult {
  if ('calls' in step) return ended(callsOf(step, values), 'tool-calls', prompt);
  const words = fillTemplate(step.say, values).match(WORDS) ?? [];
  const content: LanguageModelV4Content[] = [{ type: 'text', text: words.slice(0, maxTokens).join('') }];
  return ended(content, words.length > maxTokens ? 'length' : 'stop', prompt);
}

function ended(
  content: LanguageModelV4Content[],
  unified: LanguageModelV4FinishReason['unified'],
  prompt: LanguageModelV4Prompt,
): LanguageModelV4GenerateResult {
  return { content, finishReason: { unified, raw: undefined }, usage: usageOf(prompt, content), warnings: [] };
}

function callsOf({ calls }: Extract<ScriptStep, { calls: unknown }>, values: TemplateValues): LanguageModelV4Content[] {
  return calls.map(({ tool, input }) => ({
    type: 'tool-call',
    toolCallId: `call_${randomUUID()}`,
    toolName: tool,
    input: JSON.stringify(fillStrings(input as JSONValue, values)),
  }));
}

function* partsOf({
  content,
  finishReason,
  usage,
}: LanguageModelV4GenerateResult): Generator<LanguageModelV4StreamPart> {
  yield { type: 'stream-start', warnings: [] };
  for (const part of content) {
    if (part.type === 'tool-call') yield part;
    if (part.type !== 'text') continue;
    yield { type: 'text-start', id: 'text' };
    for (const delta of deltasOf(part.text)) yield { type: 'text-delta', id: 'text', delta };
    yield { type: 'text-end', id: 'text' };
  }
  yield { type: 'finish', finishReason, usage };
}

/** Splits a text between its words; joined, the parts are the text. */
function deltasOf(text: string): string[] {
  const words = text.match(WORDS) ?? [];
  const size = Math.max(1, Math.ceil(words.length / DELTAS));
  return Array.from({ length: Math.ceil(words.length / size) }, (_, i) =>
    words.slice(i * size, (i + 1) * size).join(''),
  );
}

/** The last user message, how many turns were taken since, and the last tool result of these turns. */
function readPrompt(prompt: LanguageModelV4Prompt): { values: TemplateValues; turn: number } {
  const start = prompt.findLastIndex((message) => message.role === 'user');
  const user = prompt[start];
  const input =
    user?.role === 'user' ? user.content.map((part) => (part.type === 'text' ? part.text : '')).join('') : '';
  const since = prompt.slice(start + 1);
  return {
    values: { input, result: lastResult(since) },
    turn: since.filter(({ role }) => role === 'assistant').length,
  };
}

function lastResult(messages: LanguageModelV4Prompt): TemplateValues['result'] {
  const part = messages.flatMap((message) => (message.role === 'tool' ? message.content : [])).at(-1);
  if (part?.type !== 'tool-result') return undefined;
  const { output } = part;
  if (output.type === 'execution-denied')
    return { text: output.reason ?? 'The call was denied.', structured: undefined };
  if (output.type !== 'text' && output.type !== 'error-text') return undefined;
  return { text: output.value, structured: output.providerOptions?.[RESULT_OPTIONS]?.structured };
}

/** One token per word: of all that was sent, and of all that was answered. */
function usageOf(prompt: LanguageModelV4Prompt, content: LanguageModelV4Content[]): LanguageModelV4Usage {
  const input = wordsOf(prompt.map(({ content: sent }) => sent));
  const output = wordsOf(content);
  return {
    inputTokens: { total: input, noCache: input, cacheRead: 0, cacheWrite: 0 },
    outputTokens: { total: output, text: output, reasoning: 0 },
  };
}

/** Counts the words of every string in a value that is not the name of a part's type or id. */
function wordsOf(value: unknown): number {
  if (typeof value === 'string') return value.split(/\s+/).filter(Boolean).length;
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + wordsOf(item), 0);
  if (typeof value !== 'object' || value === null) return 0;
  const { text, input, output, value: result } = value as Readonly<Record<string, unknown>>;
  return [text, input, output, result].reduce<number>((sum, member) => sum + wordsOf(member), 0);
}
