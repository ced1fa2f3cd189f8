import { App as StockApp, Chart, type ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import { App } from 'agentyard';
import { parseAllDocuments } from 'yaml';
import {
  configMap,
  expectAsStock,
  failureAsStock,
  twoChartsAndOneWithin,
  written,
  type Program,
} from '../lib/app-files';

describe('dependencies in an App', () => {
  const order = (app: StockApp): string[] =>
    parseAllDocuments(app.synthYaml()).map(
      (document) => (document.toJS() as { metadata: { name: string } }).metadata.name,
    );
  const named = (scope: Construct, name: string): ApiObject => configMap(scope, name, { metadata: { name } });

  it('a construct comes after all of another, also when it stands before it', () => {
    const app = new App();
    const chart = new Chart(app, 'chart');
    const [user, store] = ['user', 'store'].map((id) => {
      const construct = new Construct(chart, id);
      named(construct, `${id}-1`);
      named(construct, `${id}-2`);
      return construct;
    });
    user!.node.addDependency(store!);
    expect(order(app)).toEqual(['store-1', 'store-2', 'user-1', 'user-2']);
  });

  it('an object that depends on its own chart comes last in it', () => {
    const app = new App();
    const chart = new Chart(app, 'chart');
    named(chart, 'last').addDependency(chart);
    named(chart, 'a');
    named(chart, 'b');
    expect(order(app)).toEqual(['a', 'b', 'last']);
  });

  it.each([
    [
      'of objects, as cdk8s names it',
      (chart: Chart) => {
        const [a, b, c] = ['a', 'b', 'c'].map((name) => named(chart, name));
        c!.addDependency(b!);
        b!.addDependency(a!);
        a!.addDependency(c!);
      },
      'chart/b => chart/a => chart/c => chart/b',
    ],
    [
      'of constructs, as cdk8s names it',
      (chart: Chart) => {
        const [x, y] = ['x', 'y'].map((id) => new Construct(chart, id));
        for (const scope of [x!, y!]) named(scope, `in-${scope.node.id}`);
        x!.node.addDependency(y!.node.children[0]!);
        y!.node.addDependency(x!.node.children[0]!);
      },
      'chart/x/in-x => chart/y/in-y => chart/x/in-x',
    ],
    [
      'of the objects of a construct that depends on a part of itself, as cdk8s names it',
      (chart: Chart) => {
        const [outer, inner] = [new Construct(chart, 'outer'), new Construct(chart, 'inner')];
        const part = new Construct(outer, 'part');
        named(part, 'a');
        named(part, 'b');
        named(inner, 'c');
        outer.node.addDependency(part);
      },
      'chart/outer/part/a => chart/outer/part/b => chart/outer/part/a',
    ],
    [
      'of objects that each depend on their chart, as cdk8s names it',
      (chart: Chart) => {
        for (const name of ['a', 'b', 'c']) named(chart, name).addDependency(chart);
      },
      'chart/a => chart/b => chart/a',
    ],
  ])('a cycle %s', (_, program, cycle) => {
    const failure = failureAsStock((app) => program(new Chart(app, 'chart')));
    expect(failure).toBe(`Dependency cycle detected: ${cycle}`);
  });

  it('a construct that depends on itself is a cycle, where cdk8s leaves it out', () => {
    const program: Program = (app) => {
      const chart = new Chart(app, 'chart');
      const self = named(chart, 'self');
      self.addDependency(self);
    };
    expect(() => written(App, program)).toThrow('Dependency cycle detected: chart/self => chart/self');
    expect(written(StockApp, program)['chart.k8s.yaml']).toBe('');
  });

  it('on a chart of another app only puts numbers in front of the files, as in cdk8s', () => {
    const other = new Chart(new StockApp(), 'elsewhere');
    const program: Program = (app) => named(new Chart(app, 'chart'), 'one').addDependency(other);
    expect(Object.keys(expectAsStock(program))).toEqual(['0000-chart.k8s.yaml']);
  });

  it('fails as cdk8s does when a dependency stands in no chart', () => {
    const program: Program = (app) => {
      new Construct(app, 'outside').node.addDependency(new Chart(app, 'chart'));
    };
    expect(failureAsStock(program)).toBe('cannot find a parent chart (directly or indirectly)');
  });

  it('holds for chains and layers that are too many for cdk8s', () => {
    const app = new App();
    const chart = new Chart(app, 'chart');
    const layers = Array.from({ length: 300 }, (_, layer) =>
      Array.from({ length: 5 }, (_, place) => {
        const construct = new Construct(chart, `c-${layer}-${place}`);
        named(construct, `${layer}-${place}`);
        return construct;
      }),
    );
    layers.slice(1).forEach((layer, below) => {
      // The first layer is built on the last.
      for (const upper of layers[below]!) upper.node.addDependency(...layer);
    });
    const layerOf = (name: string) => Number(name.split('-')[0]);
    const found = order(app).map(layerOf);
    expect(found).toHaveLength(1500);
    expect(found).toEqual([...found].sort((a, b) => b - a));
    expect(app.charts).toEqual([chart]);
  });

  it('charts are known in their order before and after synthesis', () => {
    const [ours, stock] = [App, StockApp].map((Type) => {
      const app = new Type();
      twoChartsAndOneWithin(app);
      const before = app.charts.map(({ node }) => node.path);
      app.synthYaml();
      return [before, app.charts.map(({ node }) => node.path)];
    });
    expect(ours).toEqual(stock);
    expect(ours![1]).toEqual(['front/within', 'back', 'front', 'empty']);
  });
});
