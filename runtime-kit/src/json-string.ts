const [QUOTE, BACKSLASH] = [0x22, 0x5c];

/** Strings up to this length are quicker read byte by byte. */
const SHORT = 32;

/**
 * Index of the quote that ends a string of a JSON text; the length of the text, or more, if none does.
 *
 * @param start index of its first character
 */
export function endOfString(bytes: Uint8Array, start: number): number {
  const near = Math.min(start + SHORT, bytes.length);
  let i = start;
  for (; i < near; i += 1) {
    const byte = bytes[i];
    if (byte === QUOTE) return i;
    if (byte === BACKSLASH) i += 1;
  }
  for (;;) {
    const end = bytes.indexOf(QUOTE, i);
    if (end === -1) return bytes.length;
    let escapes = 0;
    while (end - escapes > i && bytes[end - 1 - escapes] === BACKSLASH) escapes += 1;
    if (escapes % 2 === 0) return end;
    i = end + 1;
  }
}
