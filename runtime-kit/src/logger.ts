import { setTimeout as sleep } from 'node:timers/promises';
import { pino, type DestinationStream, type Logger } from 'pino';
import { censored } from './censor.js';
import { LogStream } from './log-stream.js';

export type { Logger } from 'pino';

const STDOUT = 1;
/** One for all loggers of a process. */
let standardOutput: LogStream | undefined;

/** Who logs. */
export interface LoggerOptions {
  /** The runtime, for example `gateway`. */
  readonly component: string;
  /** Name of the agent, toolset or gateway. */
  readonly name: string;
  readonly namespace: string;
}

/**
 * JSON lines on standard output: `time` in ISO 8601, `level` by name.
 * The level comes from `LOG_LEVEL` (default `info`). Prompts, tokens and contents are never passed to it.
 */
export function createLogger(options: LoggerOptions, destination?: DestinationStream): Logger {
  const log = pino(
    {
      level: process.env.LOG_LEVEL ?? 'info',
      base: { component: options.component, name: options.name, namespace: options.namespace },
      timestamp: isoTime,
      // pino's own redaction copies every line, which costs as much as all else in it.
      formatters: { level: (label) => ({ level: label }), log: censored },
      serializers: { err: (error: Error) => censored(pino.stdSerializers.err(error)) },
    },
    destination ?? (standardOutput ??= new LogStream(STDOUT)),
  );
  return withCensoredChildren(log);
}

let lastMs = -1;
let lastTime = '';

/** The member `time` of a line: made once in a millisecond, since lines come in bursts. */
export function isoTime(): string {
  const now = Date.now();
  if (now === lastMs) return lastTime;
  lastMs = now;
  return (lastTime = `,"time":"${new Date(now).toISOString()}"`);
}

type ChildParameters = Parameters<Logger['child']>;

/** What children are made with passes no formatter. Children of children inherit the method. */
function withCensoredChildren(log: Logger): Logger {
  const { child } = log as unknown as { readonly child: (this: Logger, ...parameters: ChildParameters) => Logger };
  const make = function (this: Logger, ...[bindings, options]: ChildParameters) {
    return child.call(this, censored(bindings), options);
  };
  return Object.assign(log, { child: make });
}

/** How long the last line may take: its reader may be gone, or read no more. */
const LAST_LINE_MS = 1_000;

/** Writes a line, and resolves when it and all before it are out. */
export async function writeLastLine(log: Logger, fields: object, message: string): Promise<void> {
  log.info(fields, message);
  await Promise.race([streamOf(log)?.drained(), sleep(LAST_LINE_MS, undefined, { ref: false })]);
}

/**
 * Resolves when all lines so far are handed over, with whether the kernel has them, before something is done that they
 * tell of. Absent if it has them.
 */
export function logFlushed(): Promise<boolean> | undefined {
  return standardOutput?.flushed;
}

/** Resolves when no line so far waits for its reader, with whether the kernel has them. */
export function logTaken(): Promise<boolean> {
  return standardOutput?.drained() ?? Promise.resolve(true);
}

/** Whether nobody reads the lines any more, or too slowly. */
export function isLogBlocked(): boolean {
  return standardOutput?.isBlocked ?? false;
}

/** Absent for a destination of a test. */
function streamOf(log: Logger): LogStream | undefined {
  const stream = (log as unknown as Readonly<Record<symbol, unknown>>)[pino.symbols.streamSym];
  return stream instanceof LogStream ? stream : undefined;
}
