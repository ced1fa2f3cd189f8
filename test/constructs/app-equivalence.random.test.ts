import { App as StockApp } from 'cdk8s';
import { App } from 'agentyard';
import fc from 'fast-check';
import { build, documentsIn, outcomeOf, resultOf, topology, type Result, type Topology } from '../lib/app-topology';

const CYCLE = 'Error: Dependency cycle detected: ';

/** cdk8s repeats some constructs of a cycle that has branches, and starts where it comes upon it. */
function withoutPath<T>(result: Result<T>): Result<T> {
  return result.error?.startsWith(CYCLE) ? { error: CYCLE } : result;
}

function chartsAndYaml(Type: typeof StockApp, program: Topology) {
  const app = build(new Type(program.props), program);
  const charts = () => withoutPath(resultOf(() => app.charts.map(({ node }) => node.path)));
  const before = charts();
  const yaml = withoutPath(resultOf(() => documentsIn(app.synthYaml())));
  return { before, yaml, after: yaml.error === undefined && charts() };
}

/** Random programs, each synthesized by cdk8s's App and by ours. */
describe('App beside the App of cdk8s', () => {
  it('writes the same files with the same documents in the same order, or fails with the same words', () => {
    let written = 0;
    const property = fc.property(topology, (program) => {
      const stock = withoutPath(outcomeOf(StockApp, program));
      expect(withoutPath(outcomeOf(App, program))).toEqual(stock);
      if (stock.error === undefined) written++;
    });
    fc.assert(property, { numRuns: 600 });
    // The programs are not so odd that all of them fail.
    expect(written).toBeGreaterThan(200);
  });

  it('answers the same YAML, and sorts its charts the same before and after', () => {
    const property = fc.property(topology, (program) => {
      expect(chartsAndYaml(App, program)).toEqual(chartsAndYaml(StockApp, program));
    });
    fc.assert(property, { numRuns: 500 });
  });
});
