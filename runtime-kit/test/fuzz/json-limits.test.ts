import fc from 'fast-check';
import { jsonExcess } from '../../src';
import { fuzz, oddText } from './fuzz';

/** Depth and number of members of a value, counted the slow way. */
function shapeOf(value: unknown): { readonly depth: number; readonly members: number } {
  if (typeof value !== 'object' || value === null) return { depth: 0, members: 0 };
  const shapes = Object.values(value).map(shapeOf);
  return {
    depth: 1 + Math.max(0, ...shapes.map(({ depth }) => depth)),
    members: Math.max(1, shapes.length) + shapes.reduce((sum, { members }) => sum + members, 0),
  };
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}

const PIECES = ['{', '}', '[', ']', ',', ':', '"', '\\', '\\"', '"a"', '1', '{"a":', '[[', ']]', 'x'.repeat(40), '\n'];

it('what gets past the limits is within them once it is parsed, whatever the bytes are', () =>
  fuzz(
    fc.property(oddText(...PIECES), fc.nat(6), fc.nat(12), (text, depth, members) => {
      const bytes = Buffer.from(text);
      const excess = jsonExcess(bytes, { depth, members });
      const value = parsed(bytes);
      if (value === undefined || excess !== undefined) return;
      const shape = shapeOf(value);
      // Texts that could not hold so much are not looked at.
      expect(shape.depth <= depth || bytes.length <= 2 * depth).toBe(true);
      expect(shape.members <= members || bytes.length <= members).toBe(true);
    }),
  ));

it('takes every JSON text of exactly its limits', () =>
  fuzz(
    fc.property(fc.json({ maxDepth: 6 }), fc.nat(3), (text, spaces) => {
      const value = JSON.parse(text) as unknown;
      expect(jsonExcess(Buffer.from(JSON.stringify(value, undefined, spaces)), shapeOf(value))).toBeUndefined();
    }),
  ));
