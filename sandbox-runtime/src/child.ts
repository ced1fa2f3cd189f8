// The program of a call's process. It starts for every call: no dependencies, and nothing that is not needed. Of this
// workspace it imports types alone: the bundler would put shared code into a file that the process may not read.
import { createHash } from 'node:crypto';
import { readFileSync, readSync, writeSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';
import type {
  AnswerDescriptor,
  ChildAnswer,
  ChildModule,
  ChildRequest,
  ReadyLine,
  ToolContext,
} from './child-protocol.js';

const MESSAGE_LENGTH = 4000;
const STANDARD_INPUT = 0;
const NEWLINE = 0x0a;
const READ_BYTES = 65_536;
/** How long it waits where reading does not wait by itself: a module may have opened the standard input. */
const POLL_MS = 1;
/** For a runtime that is gone. */
const LINGER_MS = 5000;
const ANSWER_DESCRIPTOR: AnswerDescriptor = 3;
const READY: ReadyLine = '{"status":"ready"}';

type ToolFunction = (input: unknown, context: ToolContext) => unknown;
type ToolModule = Readonly<Record<string, unknown>>;

/** Loads exactly the bytes that were hashed, so that a file which changes in between is not run. */
async function load({ module, sha256 }: ChildModule): Promise<ToolModule | undefined> {
  const source = readFileSync(module);
  if (createHash('sha256').update(source).digest('hex') !== sha256) return undefined;
  const address = pathToFileURL(module).href;
  registerHooks({
    load: (url, context, next) =>
      url === address ? { format: 'module', source, shortCircuit: true } : next(url, context),
  });
  return (await import(address)) as ToolModule;
}

async function perform(module: ToolModule, request: ChildRequest): Promise<ChildAnswer> {
  if (request.task === 'list') {
    return { status: 'listed', functions: Object.keys(module).filter((name) => typeof module[name] === 'function') };
  }
  const tool = module[request.tool];
  if (typeof tool !== 'function') throw new Error(`${request.tool} is not a function of its module`);
  const context = { ...request.context, data: Object.freeze(request.context.data) };
  const value = await (tool as ToolFunction)(request.input, context);
  return { status: 'returned', type: value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value, value };
}

/**
 * Does what the call need not wait for: code is compiled when it is first used, and loading leaves work for the next
 * turn.
 */
async function rehearse(): Promise<void> {
  const request = { task: 'call', tool: 'none', input: {}, context: { data: {}, scratch: '' } } as const;
  JSON.stringify(await perform({ none: () => ({}) }, request));
  await flush();
  await new Promise((resolve) => setImmediate(resolve));
}

/** Loads the module, waits for the request, and does what it says. */
async function answerOf(): Promise<ChildAnswer> {
  const module = await load(JSON.parse(readLine()) as ChildModule);
  if (module === undefined) return { status: 'changed' };
  await rehearse();
  writeLine(READY);
  return await perform(module, JSON.parse(readLine()) as ChildRequest);
}

function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message || error.name : String(error);
  return message.slice(0, MESSAGE_LENGTH);
}

function writeLine(text: string): void {
  const bytes = Buffer.from(`${text}\n`);
  let written = 0;
  while (written < bytes.length) written += writeSync(ANSWER_DESCRIPTOR, bytes, written);
}

let unread = Buffer.alloc(0);

/** The next line of the standard input. While it waits, nothing of the module runs. Without a runtime there is none. */
function readLine(): string {
  const parts: Buffer[] = [];
  for (;;) {
    const end = unread.indexOf(NEWLINE);
    if (end >= 0) {
      parts.push(unread.subarray(0, end));
      unread = unread.subarray(end + 1);
      return Buffer.concat(parts).toString('utf8');
    }
    parts.push(unread);
    unread = read();
    if (unread.length === 0) process.exit(0);
  }
}

/** @returns nothing at the end of the input */
function read(): Buffer<ArrayBuffer> {
  const buffer = Buffer.alloc(READ_BYTES);
  for (;;) {
    try {
      return buffer.subarray(0, readSync(STANDARD_INPUT, buffer));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EOF') return buffer.subarray(0, 0);
      if (code !== 'EAGAIN' && code !== 'EINTR') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, POLL_MS);
    }
  }
}

/**
 * The standard streams that were asked for. To make one takes time, and has the kernel refuse what a tool writes to its
 * descriptor past it while the pipe is full.
 */
const streams = new Set<NodeJS.WriteStream>();
for (const name of ['stdout', 'stderr'] as const) {
  const made = Object.getOwnPropertyDescriptor(process, name);
  Object.defineProperty(process, name, {
    ...made,
    get: () => {
      const stream = made?.get?.call(process) as NodeJS.WriteStream;
      streams.add(stream);
      return stream;
    },
  });
}

/** What the tool has printed and the pipe has not taken yet counts too; the answer would end this process before. */
async function flushed(stream: NodeJS.WriteStream): Promise<void> {
  if (!stream.writable || stream.writableLength === 0) return;
  stream.once('error', () => {});
  await new Promise<void>((resolve) => stream.write('', () => resolve()));
}

async function flush(): Promise<void> {
  await Promise.all([...streams].map(flushed));
}

const result = await answerOf().catch((error: unknown): ChildAnswer => ({
  status: 'threw',
  message: messageOf(error),
}));
await flush();
try {
  writeLine(JSON.stringify(result));
} catch (error) {
  writeLine(JSON.stringify({ status: 'threw', message: messageOf(error) } satisfies ChildAnswer));
}
// The runtime ends this process. Until then it holds on to what it started, so that it is seen whose that is.
setTimeout(() => process.exit(), LINGER_MS);
