import fc from 'fast-check';
import { jsonExcess, refuseExcessiveJson } from '../src';

/** Depth and number of members of a value, counted the slow way. */
function shapeOf(value: unknown): { readonly depth: number; readonly members: number } {
  if (typeof value !== 'object' || value === null) return { depth: 0, members: 0 };
  const inner = Object.values(value);
  const shapes = inner.map(shapeOf);
  return {
    depth: 1 + Math.max(0, ...shapes.map(({ depth }) => depth)),
    members: Math.max(1, inner.length) + shapes.reduce((sum, { members }) => sum + members, 0),
  };
}

const bytesOf = (text: string): Buffer => Buffer.from(text);
const MANY = { depth: 1_000_000, members: 1_000_000 };

describe('jsonExcess', () => {
  it('takes every JSON text of exactly its limits, and refuses it below each of them', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 8 }), fc.nat(3), (text, spaces) => {
        const value: unknown = JSON.parse(text);
        const bytes = bytesOf(JSON.stringify(value, undefined, spaces));
        // An empty array or object counts like one with a member.
        const { depth, members } = shapeOf(value);
        expect(jsonExcess(bytes, { depth, members })).toBeUndefined();
        // Texts that could not hold so much are not looked at.
        if (bytes.length > 2 * depth)
          expect(jsonExcess(bytes, { ...MANY, depth: depth - 1 })).toBe(depth === 0 ? undefined : 'depth');
        if (members > 0) expect(jsonExcess(bytes, { ...MANY, members: members - 1 })).toBe('members');
      }),
    );
  });

  it.each([
    ['brackets in texts', JSON.stringify({ a: '[[[[{{{{,,,,', '[[[[': 1 })],
    [
      'quotes and backslashes in texts',
      JSON.stringify(['\\', '"', '\\"[[[[', '[\\\\"[', 'x'.repeat(100) + '\\"[[[,,']),
    ],
  ])('does not count %s', (_case, text) => {
    expect(jsonExcess(bytesOf(text), { depth: 1, members: 5 })).toBeUndefined();
  });

  it('ends, whatever the bytes are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2_000 }), fc.nat(20), fc.nat(20), (bytes, depth, members) => {
        expect(['depth', 'members', undefined]).toContain(jsonExcess(bytes, { depth, members }));
      }),
    );
  });

  it('refuses in words that name the limit', () => {
    expect(() => refuseExcessiveJson(bytesOf('['.repeat(9)), { depth: 4, members: 99 })).toThrow(
      'Arrays and objects may stand 4 deep within each other.',
    );
    expect(() => refuseExcessiveJson(bytesOf('[1,2,3,4,5]'), { depth: 4, members: 4 })).toThrow(
      'It may have 4 members and elements.',
    );
  });
});
