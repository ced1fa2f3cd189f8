/** Bytes, which may be in pieces. */
export type Pieces = readonly Buffer[];

/** A JSON text that is sent as it is: as a string, or as bytes in UTF-8. */
export type JsonText = string | Pieces;

/** A JSON text that was received. */
export interface ReceivedText {
  /** All of it, or its outline. */
  readonly text: string;
  /** All of it; absent if it came in an event. */
  readonly bytes?: Pieces;
  /** What `text` has not of the bytes, if it is their outline. @default - nothing */
  readonly cut?: ByteRange;
}

/** A part of some bytes. */
export interface ByteRange {
  readonly start: number;
  /** Behind the part. */
  readonly end: number;
}

/** Up to this length, in bytes, a string is quicker written than bytes. */
const SMALL_BYTES = 4_096;

/** Whether bytes are so many that they are not written as a string. */
export function isLarge(bytes: Pieces): boolean {
  return sizeOf(bytes) > SMALL_BYTES;
}

/** What was received, as it is sent on. */
export function asReceived({ text, bytes, cut }: ReceivedText): JsonText {
  return bytes !== undefined && (cut !== undefined || isLarge(bytes)) ? bytes : text;
}

/** Its length in bytes. */
export function sizeOf(json: JsonText): number {
  if (typeof json === 'string') return Buffer.byteLength(json);
  let size = 0;
  for (const piece of json) size += piece.length;
  return size;
}

/** It as a string. */
export function stringOf(json: JsonText): string {
  return typeof json === 'string' ? json : joined(json).toString('utf8');
}

/** Bytes in one piece. */
export function joined(bytes: Pieces): Buffer {
  const [first] = bytes;
  return bytes.length === 1 && first !== undefined ? first : Buffer.concat(bytes);
}

/** Adds a piece. One that lies behind the last one in the same memory becomes one with it. */
export function addPiece(pieces: Buffer[], piece: Buffer): void {
  const last = pieces.at(-1);
  if (last === undefined || last.buffer !== piece.buffer || last.byteOffset + last.length !== piece.byteOffset) {
    pieces.push(piece);
  } else {
    pieces[pieces.length - 1] = Buffer.from(last.buffer, last.byteOffset, last.length + piece.length);
  }
}

/** Most pieces that are kept apart: to write each costs more than to put them together. */
const MAX_PIECES = 16;

/** Bytes in not too many pieces. */
export function inFewPieces(bytes: Pieces): Pieces {
  return bytes.length > MAX_PIECES ? [Buffer.concat(bytes)] : bytes;
}

/** A part of bytes, as pieces. */
export function partOf(bytes: Pieces, { start, end }: ByteRange): Buffer[] {
  const part: Buffer[] = [];
  let from = 0;
  for (const piece of bytes) {
    const to = from + piece.length;
    if (to > start && from < end) part.push(piece.subarray(Math.max(0, start - from), end - from));
    from = to;
  }
  return part;
}
