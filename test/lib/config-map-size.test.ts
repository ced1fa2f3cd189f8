import fc from 'fast-check';
import { CONFIG_MAP_BYTES, splitIntoConfigMaps } from '../../lib/synth/config-map-size';

const size = (map: Record<string, string>) =>
  Object.entries(map).reduce((sum, [k, v]) => sum + Buffer.byteLength(k) + Buffer.byteLength(v), 0);

describe('splitIntoConfigMaps', () => {
  it('keeps every file once, whole, and every ConfigMap below its limit', () => {
    const content = fc.integer({ min: 0, max: 400_000 }).map((length) => 'é'.repeat(length));
    fc.assert(
      fc.property(fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), content, { maxKeys: 8 }), (files) => {
        const maps = splitIntoConfigMaps(files, 'here');
        expect(Object.assign({}, ...maps)).toEqual(files);
        expect(maps.flatMap(Object.keys)).toHaveLength(Object.keys(files).length);
        for (const map of maps) expect(size(map)).toBeLessThanOrEqual(CONFIG_MAP_BYTES);
      }),
      { numRuns: 30 },
    );
  });
});
