/** Where requests go, and what is sent along with each. */
export interface Target {
  readonly port: number;
  readonly headers: Readonly<Record<string, string>>;
}

/** What is sent in one request. */
export interface HttpMessage {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: object;
}

/** Ids all have as many digits, so that one can take the place of another. */
const FIRST_ID = 1_000_000_000;

/** The bytes of an HTTP request. */
export function requestBytes({ path, headers, body }: HttpMessage, target: Target): Buffer {
  const text = JSON.stringify(body);
  const all = {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    'content-length': Buffer.byteLength(text),
    ...headers,
  };
  return Buffer.from(`${head('POST', path, target, all)}${text}`);
}

/** The bytes of the request for a stream of what a server says unasked. */
export function getBytes(path: string, target: Target): Buffer {
  return Buffer.from(head('GET', path, target, { accept: 'text/event-stream' }));
}

function head(
  method: string,
  path: string,
  target: Target,
  headers: Readonly<Record<string, string | number>>,
): string {
  const all = Object.entries({ host: `127.0.0.1:${target.port}`, ...headers, ...target.headers });
  const lines = all.map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`;
}

/** A request that is sent again and again on one connection, each time with the next id. */
export class RepeatedRequest {
  public readonly bytes: Buffer;
  private readonly idAt: number;
  private current = FIRST_ID;

  /** @param messageOf the message for an id */
  public constructor(messageOf: (id: number) => HttpMessage, target: Target) {
    this.bytes = requestBytes(messageOf(FIRST_ID), target);
    this.idAt = this.bytes.lastIndexOf(String(FIRST_ID));
  }

  /** The id that is in the bytes. */
  public get id(): number {
    return this.current;
  }

  /** Puts the next id into the bytes. */
  public advance(): void {
    this.current += 1;
    this.bytes.write(String(this.current), this.idAt, 'latin1');
  }
}
