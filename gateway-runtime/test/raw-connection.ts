import { connect, type Socket } from 'node:net';

/** What came back on a connection until it was closed, or until there was an answer in one piece. */
export interface RawAnswer {
  /** Status of the first answer; absent if there was none. */
  readonly status: number | undefined;
  /** Its body, if that is JSON. */
  readonly json: Record<string, unknown> | undefined;
  readonly text: string;
}

/** Sends bytes as they are on a connection of their own. @param end whether the client says that it sends no more */
export async function sendRaw(url: string, bytes: string | Buffer, end = false): Promise<RawAnswer> {
  const { port } = new URL(url);
  return new Promise((resolve) => {
    let text = '';
    const socket: Socket = connect(Number(port), '127.0.0.1', () => {
      socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
      if (end) socket.end();
    });
    const finish = () => {
      socket.destroy();
      resolve(answerOf(text));
    };
    socket.setEncoding('utf8').on('data', (piece: string) => {
      text += piece;
      if (isWhole(text)) finish();
    });
    socket.on('error', () => undefined).on('close', finish);
  });
}

/** The head and body of a request. */
export function requestOf(path: string, headers: readonly string[], body: string | Buffer, version = '1.1'): Buffer {
  const head = [`POST ${path} HTTP/${version}`, ...headers].join('\r\n');
  return Buffer.concat([Buffer.from(`${head}\r\n\r\n`, 'latin1'), Buffer.from(body)]);
}

function isWhole(text: string): boolean {
  const [head = '', ...rest] = text.split('\r\n\r\n');
  const length = /^content-length: (\d+)/im.exec(head)?.[1];
  return length !== undefined && rest.length > 0 && Buffer.byteLength(rest.join('\r\n\r\n')) >= Number(length);
}

function answerOf(text: string): RawAnswer {
  const status = /^HTTP\/1\.1 (\d{3})/.exec(text)?.[1];
  const body = text.slice(text.indexOf('\r\n\r\n') + 4);
  return { status: status === undefined ? undefined : Number(status), json: parsed(body), text };
}

function parsed(body: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(body) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}
