import { Chart } from 'cdk8s';
import type { IConstruct } from 'constructs';
import { ABSENT, type ConstructTree } from './construct-tree';

/**
 * What each construct depends on, by number: what the program declared, and for charts also what follows from their
 * content. A construct of another app has no place in the order; it only makes its chart one that others depend on.
 */
export class DependencyLinks {
  private readonly targets = new Map<number, Set<number>>();
  private readonly foreign: [source: IConstruct, target: IConstruct][] = [];
  private chartsDepend = false;

  public constructor(public readonly tree: ConstructTree) {
    for (let source = 0; source < tree.size; source++) {
      const construct = tree.constructs[source]!;
      for (const target of construct.node.dependencies) {
        const number = tree.numberOf(target);
        if (number === undefined) this.foreign.push([construct, target]);
        else this.add(source, number);
      }
    }
  }

  /** Whether a chart depends on another, so that the order of their files matters. */
  public get betweenCharts(): boolean {
    return this.chartsDepend;
  }

  /** Numbers of the constructs that have dependencies, in preorder. */
  public get sources(): number[] {
    return [...this.targets.keys()].sort((a, b) => a - b);
  }

  /** What a construct depends on, in the order in which it was declared. */
  public of(source: number): ReadonlySet<number> | undefined {
    return this.targets.get(source);
  }

  /**
   * Lets charts depend on the charts in them, and on those that their constructs depend on.
   *
   * @throws Error of cdk8s when one side of a dependency stands in no chart
   */
  public linkCharts(): void {
    const { tree } = this;
    for (let chart = 1; chart < tree.size; chart++) {
      const parent = tree.parents[chart]!;
      if (tree.isChart(chart) && tree.isChart(parent)) this.linkChart(parent, chart);
    }
    for (const source of this.sources) {
      for (const target of this.targets.get(source)!) this.linkChart(this.chartOf(source), this.chartOf(target));
    }
    for (const [source, target] of this.foreign) {
      if (Chart.of(source) !== Chart.of(target)) this.chartsDepend = true;
    }
  }

  private linkChart(source: number, target: number): void {
    if (source === target) return;
    this.add(source, target);
    this.chartsDepend = true;
  }

  private chartOf(number: number): number {
    const chart = this.tree.charts[number]!;
    // Fails in cdk8s's own words.
    if (chart === ABSENT) Chart.of(this.tree.constructs[number]!);
    return chart;
  }

  private add(source: number, target: number): void {
    const known = this.targets.get(source);
    if (known === undefined) this.targets.set(source, new Set([target]));
    else known.add(target);
  }
}
