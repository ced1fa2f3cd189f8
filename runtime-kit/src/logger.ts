import { pino, type DestinationStream, type Logger } from 'pino';

export type { Logger } from 'pino';

/** Who logs. */
export interface LoggerOptions {
  /** The runtime, for example `gateway`. */
  readonly component: string;
  /** Name of the agent, toolset or gateway. */
  readonly name: string;
  readonly namespace: string;
}

/** Members that never reach a log line, wherever an object carries them. */
const REDACTED = ['authorization', 'cookie', 'x-api-key', 'apiKey', 'token', 'secret', 'password'];

/**
 * JSON lines on standard output: `time` in ISO 8601, `level` by name.
 * The level comes from `LOG_LEVEL` (default `info`). Prompts, tokens and contents are never passed to it.
 */
export function createLogger(options: LoggerOptions, destination?: DestinationStream): Logger {
  return pino(
    {
      level: process.env.LOG_LEVEL ?? 'info',
      base: { component: options.component, name: options.name, namespace: options.namespace },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: {
        paths: REDACTED.flatMap((key) => [`["${key}"]`, `*["${key}"]`, `*.*["${key}"]`]),
        censor: '[redacted]',
      },
    },
    destination ?? pino.destination({ fd: 1, sync: false }),
  );
}
