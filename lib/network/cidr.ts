import { parseBlock } from '../contract';

/** Whether a text is an address with a prefix length, for example `10.1.0.0/16`. */
export function isCidr(text: string): boolean {
  return parseBlock(text) !== undefined;
}

/** Whether the first block lies within the second; false when they are of different families. */
export function isWithin(inner: string, outer: string): boolean {
  const [a, b] = [parseBlock(inner), parseBlock(outer)];
  if (a === undefined || b === undefined || a.bits !== b.bits || a.prefix < b.prefix) return false;
  const host = BigInt(b.bits - b.prefix);
  return a.first >> host === b.first >> host;
}
