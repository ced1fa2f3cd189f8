import fc from 'fast-check';
import { silenceWarnings } from '../../test/constructs/silence-warnings';
import { Difference } from '../src/diff/difference';
import { Evaluated } from '../src/evaluated/evaluated';
import { openings } from './fixtures/openings';
import { randomConnectionChange, randomPolicyChange, randomProgramChange } from './fixtures/random-change';

silenceWarnings();
jest.setTimeout(600_000);

const SEED = 20_261_126;
/** One of so many connections is asked about. */
const SHARE = 7;

/** Where diff ends with 0, no connection is open that was not: neither of workloads nor of other pods. */
describe('nothing opens that diff does not tell of', () => {
  it.each([
    ['a platform with policies of all kinds', randomPolicyChange, 24],
    ['a program with policies of others', randomProgramChange, 10],
    ['the connections of a program', randomConnectionChange, 24],
  ])('if one thing changes of %s', (_, change, runs) => {
    fc.assert(
      fc.property(change, fc.nat(SHARE - 1), ({ before, after }, offset) => {
        const [was, is] = [Evaluated.fromObjects(before), Evaluated.fromObjects(after)];
        const { widened } = Difference.between(was, is);
        if (!widened) expect(openings(was.platform, is.platform, SHARE, offset)).toEqual([]);
      }),
      { seed: Number(process.env.SEED ?? SEED), numRuns: runs * Number(process.env.TIMES ?? 1) },
    );
  });
});
