import { ABSENT, type ConstructTree } from './construct-tree';
import type { DependencyGraph } from './dependency-graph';

/** A path that JavaScript moves before the other keys of an object, which is how cdk8s holds its constructs. */
const ARRAY_INDEX = /^(0|[1-9]\d{0,9})$/;
const LARGEST_ARRAY_INDEX = 2 ** 32 - 2;

/** The order in which charts, and the objects in them, are synthesized: what is depended on comes first. */
export class DependencyOrder {
  private readonly tree: ConstructTree;
  private readonly sources: readonly number[];
  /** Charts with a dependency that leaves them; the content of others does not change the order around them. */
  private readonly open: Uint8Array;
  /** Number of the run, positive while a vertex is visited in it and negative after. */
  private readonly visits: Int32Array;
  /** Number of the last run in which a construct took part, was waited for, or had all of its objects waited for. */
  private readonly scopes: Int32Array;
  private readonly waits: Int32Array;
  private readonly regionWaits: Int32Array;
  private run = 0;

  public constructor(private readonly graph: DependencyGraph) {
    const { tree, links } = graph;
    this.tree = tree;
    this.sources = links.sources;
    this.open = new Uint8Array(tree.size);
    this.visits = new Int32Array(graph.size);
    this.scopes = new Int32Array(tree.size);
    this.waits = new Int32Array(tree.size);
    this.regionWaits = new Int32Array(tree.size);
    for (const source of this.sources) for (const target of links.of(source)!) this.openCharts(source, target);
  }

  /**
   * Numbers of all charts.
   *
   * @throws Error that names the constructs of a cycle
   */
  public charts(): number[] {
    const { tree } = this;
    if (this.graph.tangle !== undefined) throw this.cycle(this.graph.tangle);
    const order: number[] = [];
    const roots = indexedFirst(tree);
    this.order(roots, this.sources, (number) => {
      if (tree.isChart(number)) order.push(number);
    });
    return order;
  }

  /** Numbers of the API objects of a chart, without those of charts in it; the program has no cycle. */
  public objectsOf(chart: number): number[] {
    const { tree } = this;
    if (this.sources.length === 0) return tree.objectsOf(chart);
    const order: number[] = [];
    this.order(this.membersOf(chart), this.sourcesIn(chart), (number) => {
      if (tree.objects[number] === 1 && tree.charts[number] === chart) order.push(number);
    });
    return order;
  }

  /** Those that nothing waits for are the roots, in the given order; before each comes what it depends on. */
  private order(members: readonly number[], sources: readonly number[], emit: (number: number) => void): void {
    this.run++;
    for (const member of members) this.scopes[member] = this.run;
    for (const source of sources) this.markTargets(source);
    for (const member of members) if (this.waits[member] !== this.run) this.visit(member, emit);
    // Who is left is waited for by others that are left.
    for (const member of members) this.visit(member, emit);
  }

  private markTargets(source: number): void {
    const { tree, run, scopes, waits, regionWaits } = this;
    if (scopes[source] !== run) return;
    const count = tree.objectCounts[source]!;
    // An object does not wait for itself.
    const exempt = count === 1 ? tree.objectsOf(source)[0]! : ABSENT;
    for (const target of this.graph.links.of(source)!) {
      if (scopes[target] !== run) continue;
      waits[target] = run;
      if (count === 0 || !this.graph.throughConstructs || regionWaits[target] === run) continue;
      const objects = tree.objectsOf(target);
      for (const object of objects) if (object !== exempt) waits[object] = run;
      if (!objects.includes(exempt)) regionWaits[target] = run;
    }
  }

  /** Depth first and without recursion, since chains of dependencies may be long. */
  private visit(start: number, emit: (number: number) => void): void {
    const { graph, tree, run, visits, scopes } = this;
    if (visits[start] !== 0 && Math.abs(visits[start]!) === run) return;
    const path = [start];
    const positions = [0];
    visits[start] = run;
    while (path.length > 0) {
      const vertex = path.at(-1)!;
      const next = graph.edgesOf(vertex)[positions[positions.length - 1]!++];
      if (next === undefined) {
        visits[vertex] = -run;
        if (vertex < tree.size) emit(vertex);
        path.pop();
        positions.pop();
      } else if (scopes[graph.constructOf(next)] === run && visits[next] !== -run) {
        if (visits[next] === run) throw this.cycle(path.slice(path.indexOf(next)));
        visits[next] = run;
        path.push(next);
        positions.push(0);
      }
    }
  }

  /** Begins a circle where cdk8s does: after the construct that comes last in the program. */
  private cycle(vertices: readonly number[]): Error {
    const circle = vertices.filter((vertex) => vertex < this.tree.size);
    const last = circle.indexOf(Math.max(...circle));
    const fromFirst = [...circle.slice(last + 1), ...circle.slice(0, last + 1)];
    const paths = [...fromFirst, fromFirst[0]!].map((number) => this.tree.constructs[number]!.node.path);
    return new Error(`Dependency cycle detected: ${paths.join(' => ')}`);
  }

  private openCharts(source: number, target: number): void {
    const { tree } = this;
    for (let chart = tree.charts[source]!; chart !== ABSENT; chart = tree.charts[tree.parents[chart]!]!) {
      if (tree.contains(chart, target)) return;
      this.open[chart] = 1;
    }
  }

  /** A chart and what is in it, without closed charts in it. */
  private membersOf(chart: number): number[] {
    const { tree } = this;
    const members: number[] = [];
    for (let i = chart; i < tree.ends[chart]!; i++) {
      if (i !== chart && tree.isChart(i) && this.open[i] === 0) i = tree.ends[i]! - 1;
      else members.push(i);
    }
    return members;
  }

  private sourcesIn(chart: number): readonly number[] {
    const from = lowerBound(this.sources, chart);
    return this.sources.slice(from, lowerBound(this.sources, this.tree.ends[chart]!));
  }
}

/** All constructs in preorder, but those below the root whose ids are numbers come first. */
function indexedFirst(tree: ConstructTree): number[] {
  const all = Array.from({ length: tree.size }, (_, number) => number);
  const indexed = all.filter((number) => tree.parents[number] === 0 && isArrayIndex(tree.constructs[number]!.node.id));
  return indexed.length === 0 ? all : [...new Set([...indexed, ...all])];
}

function isArrayIndex(id: string): boolean {
  return ARRAY_INDEX.test(id) && Number(id) <= LARGEST_ARRAY_INDEX;
}

/** Position of the first number that is not below a bound. */
function lowerBound(sorted: readonly number[], bound: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < bound) low = middle + 1;
    else high = middle;
  }
  return low;
}
