/** Shorter bodies are not worth it, in bytes. */
const SMALLEST = 16_384;

/** Lengths of the blocks, in bytes: none is much longer than what goes into it. */
const BLOCKS = [32_768, 65_536, 131_072];

/** Blocks of each length that are kept for the next bodies. */
const MAX_FREE = 64;

const free = new Map(BLOCKS.map((length): [number, ArrayBufferLike[]] => [length, []]));
const lent = new WeakSet<ArrayBufferLike>();

/**
 * Memory for a body that is sent on as it came. Memory outside of the heap is what the garbage collector counts: made anew for
 * each body, it has all of the heap collected every thousand bodies or so.
 *
 * It comes back by `takeBack` alone, when the body was sent. What is never brought back, since its request has failed or its body
 * became something else, is not used again.
 *
 * @returns absent for bodies that are too small or too large for it
 */
export function lend(bytes: number): Buffer | undefined {
  const length = bytes < SMALLEST ? undefined : BLOCKS.find((each) => bytes <= each);
  if (length === undefined) return undefined;
  const block = free.get(length)?.pop() ?? Buffer.allocUnsafeSlow(length).buffer;
  lent.add(block);
  return Buffer.from(block, 0, bytes);
}

/** Takes back what was lent of the memory in which some bytes lie. Nobody looks at them any more. */
export function takeBack(pieces: readonly Buffer[]): void {
  for (const { buffer } of pieces) {
    if (!lent.delete(buffer)) continue;
    const same = free.get(buffer.byteLength);
    if (same !== undefined && same.length < MAX_FREE) same.push(buffer);
  }
}
