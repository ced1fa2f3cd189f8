/** A JSON text that is sent as it is: as a string, or as bytes in UTF-8, in pieces. */
export type JsonText = string | readonly Buffer[];

/** A JSON text that was received. */
export interface ReceivedText {
  readonly text: string;
  /** The same as it came; absent if it came in an event. */
  readonly bytes?: Buffer;
}

/** Up to this length, in bytes, a string is quicker written than bytes. */
const SMALL_BYTES = 4_096;

/** Whether bytes are so many that they are not written as a string. */
export function isLarge(bytes: Buffer): boolean {
  return bytes.length > SMALL_BYTES;
}

/** What was received, as it is sent on. */
export function asReceived({ text, bytes }: ReceivedText): JsonText {
  return bytes !== undefined && isLarge(bytes) ? [bytes] : text;
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
  return typeof json === 'string' ? json : Buffer.concat(json).toString('utf8');
}
