import type { IncomingHttpHeaders } from 'node:http';
import { errors } from 'undici';
import { ChunkedBody } from './chunked-body.js';
import { LengthBody } from './length-body.js';

/** What stands before the body of an answer. */
export interface ResponseHead {
  readonly status: number;
  readonly reason: string;
  readonly headers: IncomingHttpHeaders;
  /** Whether the connection may be used again after the answer. */
  readonly isPersistent: boolean;
}

/** Told of an answer, part by part. */
export interface ResponseSink {
  onHead(head: ResponseHead): void;
  /** Where a body of so many bytes goes. @default - memory that is made for it */
  roomFor(bytes: number): Buffer | undefined;
  onBody(piece: Buffer): void;
  /** @param surplus bytes that came behind the answer, which nobody has asked for */
  onEnd(surplus: number): void;
}

/** Largest head of an answer, in bytes. */
const MAX_HEAD_BYTES = 32_768;

const END_OF_HEAD = Buffer.from('\r\n\r\n');
const STATUS_LINE = /^HTTP\/1\.([01]) ([1-5]\d\d)(?: ([\t\x20-\x7e\x80-\xff]*))?$/;
const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/;
/** What no line of a head may have in it (RFC 9110, 5.5): where it could be read as two lines, among others. */
const FORBIDDEN = /[^\t\x20-\x7e\x80-\xff]/;

/** How the end of a body is found (RFC 9112, 6.3). */
type Framing = 'none' | 'delimited' | 'until-close';

/**
 * Reads the answers on one connection, one after the other (RFC 9112). What two readers could take for different answers
 * is an error: bodies of two lengths, bare line feeds, folded lines.
 */
export class ResponseParser {
  /** The beginning of a head that is not complete. */
  private begun: Buffer | undefined;
  private framing: Framing | undefined;
  private body: LengthBody | ChunkedBody | undefined;
  private method = '';

  public constructor(private readonly sink: ResponseSink) {}

  /** Begins to read the answer to a request. */
  public begin(method: string): void {
    this.method = method;
    this.framing = undefined;
    this.begun = undefined;
  }

  /** Where what comes next goes. @default - anywhere, and it is copied */
  public get room(): Buffer | undefined {
    return this.body?.room;
  }

  /** Takes what has come, in `room` if there is one. @throws HTTPParserError */
  public push(chunk: Buffer): void {
    const rest = this.framing === undefined ? this.readHead(chunk) : chunk;
    if (rest !== undefined) this.readBody(rest);
  }

  /** The other side has closed. @throws HTTPParserError, SocketError if that is not how the answer ends */
  public close(): void {
    if (this.framing !== 'until-close') throw new errors.SocketError('other side closed');
    this.end(0);
  }

  /** @returns what of the body has come with the head; absent if more of the head is to come */
  private readHead(chunk: Buffer): Buffer | undefined {
    const bytes = this.begun === undefined ? chunk : Buffer.concat([this.begun, chunk]);
    const end = bytes.indexOf(END_OF_HEAD);
    if (end > MAX_HEAD_BYTES || (end < 0 && bytes.length > MAX_HEAD_BYTES)) {
      throw new errors.HTTPParserError(`the head of the answer is over ${MAX_HEAD_BYTES} bytes`);
    }
    if (end < 0) {
      this.begun = Buffer.from(bytes);
      return undefined;
    }
    this.begun = undefined;
    const rest = bytes.subarray(end + END_OF_HEAD.length);
    const isFinal = this.takeHead(bytes.toString('latin1', 0, end));
    // An informational answer comes before the one that counts (RFC 9110, 15.2).
    return isFinal ? rest : this.readHead(rest);
  }

  /** @returns whether it is the head of the answer that counts */
  private takeHead(text: string): boolean {
    const end = text.indexOf('\r\n');
    const line = end < 0 ? text : text.slice(0, end);
    const [, minor, code, reason = ''] = STATUS_LINE.exec(line) ?? [];
    if (code === undefined) throw new errors.HTTPParserError('the answer has no status line of HTTP/1.1');
    const status = Number(code);
    const headers = headersIn(text, line.length + 2);
    if (status === 101) throw new errors.HTTPParserError('the answer changes the protocol');
    if (status < 200) return false;
    const isPersistent = this.frame(status, headers) !== 'until-close' && minor === '1' && !closes(headers);
    this.sink.onHead({ status, reason, headers, isPersistent });
    return true;
  }

  private frame(status: number, headers: IncomingHttpHeaders): Framing {
    const { 'transfer-encoding': coding, 'content-length': length } = headers;
    if (coding !== undefined && (length !== undefined || String(coding).toLowerCase() !== 'chunked')) {
      throw new errors.HTTPParserError('the length of the body is ambiguous');
    }
    if (length !== undefined && !/^\d{1,15}$/.test(length)) {
      throw new errors.HTTPParserError('the length of the body is no number');
    }
    if (this.method === 'HEAD' || status === 204 || status === 304) return (this.framing = 'none');
    if (coding === undefined && length === undefined) return (this.framing = 'until-close');
    this.body = coding === undefined ? new LengthBody(Number(length), this.roomFor) : new ChunkedBody();
    return (this.framing = 'delimited');
  }

  private readBody(bytes: Buffer): void {
    if (this.framing === 'none') this.end(bytes.length);
    else if (this.body !== undefined) this.readDelimited(this.body, bytes);
    else if (bytes.length > 0) this.sink.onBody(Buffer.from(bytes));
  }

  private readDelimited(body: LengthBody | ChunkedBody, bytes: Buffer): void {
    const surplus = body.push(bytes, this.take);
    if (surplus !== undefined) this.end(surplus);
  }

  private readonly take = (piece: Buffer): void => this.sink.onBody(piece);
  private readonly roomFor = (bytes: number): Buffer | undefined => this.sink.roomFor(bytes);

  /** Nothing more is read until the next answer begins. */
  private end(surplus: number): void {
    this.framing = 'none';
    this.body = undefined;
    this.sink.onEnd(surplus);
  }
}

/** Whether the server closes the connection after the answer. */
function closes({ connection }: IncomingHttpHeaders): boolean {
  return connection !== undefined && /(?:^|,)\s*close\s*(?:,|$)/i.test(String(connection));
}

/** The header fields from a place in a head on. */
function headersIn(text: string, start: number): IncomingHttpHeaders {
  const headers: Record<string, string | string[]> = {};
  for (let at = start; at < text.length;) {
    const found = text.indexOf('\r\n', at);
    const end = found < 0 ? text.length : found;
    addHeader(headers, text.slice(at, end));
    at = end + 2;
  }
  return headers;
}

function addHeader(headers: Record<string, string | string[]>, line: string): void {
  const colon = line.indexOf(':');
  const name = line.slice(0, Math.max(0, colon)).toLowerCase();
  if (!TOKEN.test(name) || name === '__proto__' || FORBIDDEN.test(line))
    throw new errors.HTTPParserError('a header of the answer is malformed');
  const value = line.slice(colon + 1).trim();
  // A field may be called like what every object has.
  const before = Object.hasOwn(headers, name) ? headers[name] : undefined;
  if (before === undefined) {
    headers[name] = value;
    return;
  }
  if (name === 'content-length' || name === 'transfer-encoding') {
    throw new errors.HTTPParserError('the length of the body is ambiguous');
  }
  headers[name] = Array.isArray(before) ? [...before, value] : [before, value];
}
