/** Bodies of these lengths are worth a block, in bytes. */
const SMALLEST = 16_384;
const BLOCK_BYTES = 131_072;

/** Blocks that are kept for the next bodies. */
const MAX_FREE = 64;

const free: ArrayBufferLike[] = [];
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
  if (bytes < SMALLEST || bytes > BLOCK_BYTES) return undefined;
  const block = free.pop() ?? Buffer.allocUnsafeSlow(BLOCK_BYTES).buffer;
  lent.add(block);
  return Buffer.from(block, 0, bytes);
}

/** Takes back what was lent of the memory in which some bytes lie. Nobody looks at them any more. */
export function takeBack(pieces: readonly Buffer[]): void {
  for (const { buffer } of pieces) {
    if (lent.delete(buffer) && free.length < MAX_FREE) free.push(buffer);
  }
}
