/** A JSON text that is sent as it is: as a string, or as bytes in UTF-8 that may be in pieces. */
export type JsonText = string | readonly Buffer[];

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
