import { errors } from 'undici';

/** Longest line that says how long a chunk is, and most bytes of the fields behind the last one. */
const MAX_LINE_BYTES = 4_096;

const LF = 0x0a;
const SIZE = /^([\da-f]{1,8})[\t ]*(?:;[\t\x20-\x7e\x80-\xff]*)?\r\n$/i;

/** What comes next in a body that is sent in chunks. */
type Place = 'size' | 'data' | 'end-of-data' | 'trailers';

/** A body that is sent in chunks (RFC 9112, 7.1). Fields behind it are left out. */
export class ChunkedBody {
  /** It is read anywhere, and copied. */
  public readonly room = undefined;
  private place: Place = 'size';
  /** Bytes of the chunk that are still to come. */
  private left = 0;
  /** A line that is not complete. */
  private line = '';

  /**
   * Takes more bytes.
   *
   * @returns how many are behind the body; absent until its end has come
   * @throws HTTPParserError
   */
  public push(read: Buffer, take: (piece: Buffer) => void): number | undefined {
    const bytes = Buffer.from(read);
    let at = 0;
    while (at < bytes.length) {
      if (this.place === 'data') {
        const end = Math.min(bytes.length, at + this.left);
        this.left -= end - at;
        if (this.left === 0) this.place = 'end-of-data';
        take(bytes.subarray(at, end));
        at = end;
        continue;
      }
      at = this.readLine(bytes, at);
      if (this.line.endsWith('\n') && this.takeLine()) return bytes.length - at;
    }
    return undefined;
  }

  /** @returns the place behind the line, or behind the bytes */
  private readLine(bytes: Buffer, start: number): number {
    const found = bytes.indexOf(LF, start);
    const end = found < 0 ? bytes.length : found + 1;
    if (this.line.length + end - start > MAX_LINE_BYTES)
      throw new errors.HTTPParserError('a chunk has too long a line');
    this.line += bytes.toString('latin1', start, end);
    return end;
  }

  /** @returns whether the body is complete */
  private takeLine(): boolean {
    const { line } = this;
    this.line = '';
    if (this.place === 'end-of-data') {
      if (line !== '\r\n') throw new errors.HTTPParserError('a chunk is longer than it says');
      this.place = 'size';
      return false;
    }
    if (this.place === 'trailers') return line === '\r\n';
    const [, size] = SIZE.exec(line) ?? [];
    if (size === undefined) throw new errors.HTTPParserError('a chunk does not say how long it is');
    this.left = Number.parseInt(size, 16);
    this.place = this.left === 0 ? 'trailers' : 'data';
    return false;
  }
}
