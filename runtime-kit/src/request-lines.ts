import { pino } from 'pino';
import { isSecret } from './censor.js';
import { isoTime, type Logger } from './logger.js';

type Fields = Readonly<Record<string, unknown>>;

/** Where lines go. */
interface Destination {
  write(line: string): void;
}

/**
 * Writes the `info` lines of requests, which are most lines of a runtime: the same bytes that a child logger with the
 * request id writes, by one `JSON.stringify` and without making the child.
 */
export class RequestLines {
  private readonly destination: Destination;
  private readonly bindings: string;

  public constructor(private readonly log: Logger) {
    const inner = log as unknown as Readonly<Record<symbol, unknown>>;
    this.destination = inner[pino.symbols.streamSym] as Destination;
    this.bindings = inner[pino.symbols.chindingsSym] as string;
  }

  /**
   * A logger for all other lines of a request: a child as pino makes it, but with bindings that are ready, since each
   * request has one and few use it.
   */
  public loggerFor(requestId: string): Logger {
    const child = Object.create(this.log) as Logger & { [pino.symbols.chindingsSym]: string };
    child[pino.symbols.chindingsSym] = `${this.bindings},"requestId":"${requestId}"`;
    return child;
  }

  /** @param requestId one that needs no escapes in JSON */
  public write(requestId: string, fields: Fields, message: string): void {
    if (!this.log.isLevelEnabled('info')) return;
    if (!isFlat(fields)) return this.loggerFor(requestId).info(fields, message);
    const members = JSON.stringify(fields);
    const more = members === '{}' ? '' : `,${members.slice(1, -1)}`;
    this.destination.write(
      `{"level":"info"${isoTime()}${this.bindings},"requestId":"${requestId}"${more},"msg":"${message}"}\n`,
    );
  }
}

/** Whether there is nothing in it to look into or to leave out; most lines are like that. */
function isFlat(fields: Fields): boolean {
  for (const key in fields) {
    const type = typeof fields[key];
    if (type !== 'string' && type !== 'number' && type !== 'boolean' && type !== 'undefined') return false;
    if (key === 'err' || isSecret(key)) return false;
  }
  return true;
}
