// The program of a call's process. It starts for every call: no dependencies, and nothing that is not needed. Of this
// workspace it imports types alone: the bundler would put shared code into a file that the process may not read.
import { createHash } from 'node:crypto';
import { readFileSync, writeSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';
import type { AnswerDescriptor, ChildAnswer, ChildRequest, ToolContext } from './child-protocol.js';

const MESSAGE_LENGTH = 4000;
const STANDARD_INPUT = 0;
/** For a runtime that is gone. */
const LINGER_MS = 5000;
const ANSWER_DESCRIPTOR: AnswerDescriptor = 3;

type ToolFunction = (input: unknown, context: ToolContext) => unknown;
type ToolModule = Readonly<Record<string, unknown>>;

/** Loads exactly the bytes that were hashed, so that a file which changes in between is not run. */
async function load(request: ChildRequest): Promise<ToolModule | undefined> {
  const source = readFileSync(request.module);
  if (createHash('sha256').update(source).digest('hex') !== request.sha256) return undefined;
  const address = pathToFileURL(request.module).href;
  registerHooks({
    load: (url, context, next) =>
      url === address ? { format: 'module', source, shortCircuit: true } : next(url, context),
  });
  return (await import(address)) as ToolModule;
}

async function perform(request: ChildRequest): Promise<ChildAnswer> {
  const module = await load(request);
  if (module === undefined) return { status: 'changed' };
  if (request.task === 'list') {
    return { status: 'listed', functions: Object.keys(module).filter((name) => typeof module[name] === 'function') };
  }
  const tool = module[request.tool];
  if (typeof tool !== 'function') throw new Error(`${request.tool} is not a function of its module`);
  const context = { ...request.context, data: Object.freeze(request.context.data) };
  const value = await (tool as ToolFunction)(request.input, context);
  return { status: 'returned', type: value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value, value };
}

function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message || error.name : String(error);
  return message.slice(0, MESSAGE_LENGTH);
}

function answer(value: ChildAnswer): void {
  const bytes = Buffer.from(`${JSON.stringify(value)}\n`);
  let written = 0;
  while (written < bytes.length) written += writeSync(ANSWER_DESCRIPTOR, bytes, written);
}

/** What the tool has printed and the pipe has not taken yet counts too; the answer would end this process before. */
async function flushed(stream: NodeJS.WriteStream): Promise<void> {
  if (!stream.writable || stream.writableLength === 0) return;
  stream.once('error', () => {});
  await new Promise<void>((resolve) => stream.write('', () => resolve()));
}

const request = JSON.parse(readFileSync(STANDARD_INPUT, 'utf8')) as ChildRequest;
const result = await perform(request).catch((error: unknown): ChildAnswer => ({
  status: 'threw',
  message: messageOf(error),
}));
await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
try {
  answer(result);
} catch (error) {
  answer({ status: 'threw', message: messageOf(error) });
}
// The runtime ends this process. Until then it holds on to what it started, so that it is seen whose that is.
setTimeout(() => process.exit(), LINGER_MS);
