import type { ApiObject, Chart } from 'cdk8s';
import type { IConstruct } from 'constructs';
import { ConstructTree } from './construct-tree';
import { DependencyGraph } from './dependency-graph';
import { DependencyLinks } from './dependency-links';
import { DependencyOrder } from './dependency-order';

/** The charts of an app, and the objects of each, in the order of their dependencies. */
export class OrderedApp {
  public readonly charts: readonly Chart[];
  /** Whether a chart depends on another, so that the order of their files matters. */
  public readonly chartsDepend: boolean;
  private readonly tree: ConstructTree;
  private readonly numbers: ReadonlyMap<Chart, number>;
  private readonly order: DependencyOrder;

  /** @throws Error that names the constructs of a cycle, or Error of cdk8s when what has dependencies stands in no chart */
  public constructor(root: IConstruct) {
    const links = linkedCharts(root);
    this.tree = links.tree;
    this.order = new DependencyOrder(new DependencyGraph(links));
    this.numbers = new Map(this.order.charts().map((number) => [this.tree.constructs[number] as Chart, number]));
    this.charts = [...this.numbers.keys()];
    this.chartsDepend = links.betweenCharts;
  }

  /** The API objects of a chart, without those of charts in it. */
  public objectsOf(chart: Chart): ApiObject[] {
    return this.order.objectsOf(this.numbers.get(chart)!).map((number) => this.tree.constructs[number] as ApiObject);
  }
}

/** @throws Error of cdk8s when what has dependencies stands in no chart */
export function linkedCharts(root: IConstruct): DependencyLinks {
  const links = new DependencyLinks(new ConstructTree(root));
  links.linkCharts();
  return links;
}

/** The charts of an app by the dependencies that were declared, not by those that follow from them. */
export function chartsAsDeclared(root: IConstruct): Chart[] {
  const links = new DependencyLinks(new ConstructTree(root));
  const order = new DependencyOrder(new DependencyGraph(links, false));
  return order.charts().map((number) => links.tree.constructs[number] as Chart);
}
