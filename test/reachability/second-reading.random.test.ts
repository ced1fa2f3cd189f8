import path from 'node:path';
import fc from 'fast-check';
import type { KubernetesObject } from 'agentyard/reachability';
import { manifestFolders, readManifests } from '../cluster/manifests';
import { silenceWarnings } from '../constructs/silence-warnings';
import { Agreement } from './agreement';
import { randomProgram, randomProgramAndPolicies, synthesized } from './random-program';

silenceWarnings();
jest.setTimeout(300_000);

const GOLDEN = path.join(__dirname, '../apps/golden');
/** test/real asks about more programs, and more of each. */
const RUNS = 25;
const SHARE = 4;
const SEED = 20_261_121;

describe('lib/reachability and a second, independent reading of the same policies', () => {
  it(`agree about ${RUNS} random programs with policies of others beside them`, () => {
    const offset = fc.nat({ max: SHARE - 1 });
    fc.assert(
      fc.property(randomProgramAndPolicies, offset, (program, from) => {
        expect(Agreement.about(program).disputes(SHARE, from)).toEqual([]);
      }),
      { seed: SEED, numRuns: RUNS },
    );
  });

  it.each(manifestFolders(GOLDEN).map((folder) => path.relative(GOLDEN, folder)))('agree about golden %s', (folder) => {
    const objects = readManifests(path.join(GOLDEN, folder)) as KubernetesObject[];
    const agreement = new Agreement(objects);
    expect(agreement.disputes(1, 0)).toEqual([]);
    expect(agreement.overcautious).toEqual([]);
  });

  it('disagree when one of them is shown a policy that the other is not', () => {
    const open = {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: 'open', namespace: 'agents' },
      spec: { podSelector: {}, ingress: [{}], egress: [{}] },
    };
    const [program] = fc.sample(randomProgram, { seed: SEED, numRuns: 1 });
    const objects = synthesized(program!);
    expect(new Agreement(objects, [...objects, open]).disputes(1, 0)).toContainEqual(
      expect.stringContaining('evil.test TCP 443: false'),
    );
  });
});
