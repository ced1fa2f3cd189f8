import { ABSENT, type ConstructTree } from './construct-tree';
import type { DependencyLinks } from './dependency-links';

const NONE: readonly number[] = [];

/**
 * The graph that the order of synthesis follows from. When a construct depends on another, each object of the one
 * depends on each object of the other; here they meet in two barriers, so that edges add up where they would multiply:
 *
 * - vertex `i` is construct `i`;
 * - its gate leads to all that the objects in it depend on because of where they stand;
 * - its region leads to the objects in it.
 */
export class DependencyGraph {
  public readonly tree: ConstructTree;
  private readonly edges = new Map<number, readonly number[]>();
  /** Gate of each construct; an object depends on what its gate leads to. */
  private readonly gates: Int32Array;
  private readonly waysToGates = new Map<number, readonly number[]>();
  /** Objects that alone make one side of a dependency and belong to the other side too: they do not wait for themselves. */
  private readonly alone = new Map<number, Set<number>>();
  /** For a construct that holds an object which depends on it: that object. */
  private readonly aloneIn = new Map<number, number>();
  private tangled: readonly [number, number] | undefined;

  /** @param throughConstructs whether objects depend on each other because the constructs that hold them do */
  public constructor(
    public readonly links: DependencyLinks,
    public readonly throughConstructs = true,
  ) {
    const { tree, sources } = links;
    this.tree = tree;
    this.gates = new Int32Array(tree.size).fill(ABSENT);
    if (!throughConstructs) {
      for (const source of sources) this.edges.set(source, [...links.of(source)!]);
      return;
    }
    for (const source of sources) this.findOverlaps(source);
    if (this.tangled !== undefined) return;
    this.placeGates();
    for (const source of sources) this.connect(source);
    for (const object of this.alone.keys()) this.edges.set(object, this.edgesOfAlone(object));
  }

  /** Number of vertices; those below the size of the tree are constructs. */
  public get size(): number {
    return this.tree.size * 3;
  }

  /** What must come before a vertex, in the order in which it is looked at. */
  public edgesOf(vertex: number): readonly number[] {
    const edges = this.edges.get(vertex);
    if (edges !== undefined) return edges;
    return this.tree.objects[vertex] === 1 ? (this.waysToGates.get(this.gates[vertex]!) ?? NONE) : NONE;
  }

  /** The construct that a vertex belongs to. */
  public constructOf(vertex: number): number {
    return vertex % this.tree.size;
  }

  /** Two objects that belong to both sides of a dependency, so that each comes before the other; then there is no order. */
  public get tangle(): readonly [number, number] | undefined {
    return this.tangled;
  }

  private findOverlaps(source: number): void {
    const { tree, links } = this;
    for (const target of links.of(source)!) {
      if (tree.charts[source] !== tree.charts[target] || source === target) continue;
      if (!tree.contains(source, target) && !tree.contains(target, source)) continue;
      const [first, second] = tree.objectsOf(Math.max(source, target));
      if (second !== undefined) this.tangled ??= [first!, second];
      else if (first !== undefined) this.noteAlone(first, source, target);
    }
  }

  private noteAlone(object: number, source: number, target: number): void {
    const sources = this.alone.get(object) ?? new Set<number>();
    this.alone.set(object, sources.add(source));
    if (!this.tree.contains(target, source)) return;
    const other = this.aloneIn.get(target);
    if (other === undefined) this.aloneIn.set(target, object);
    else if (other !== object) this.tangled ??= [other, object];
  }

  /** The gate of a construct without dependencies of its own is that of its scope, as far as its chart reaches. */
  private placeGates(): void {
    const { tree, links } = this;
    for (let i = 0; i < tree.size; i++) {
      if (links.of(i) !== undefined) this.gates[i] = i + tree.size;
      else if (i > 0 && !tree.isChart(i)) this.gates[i] = this.gates[tree.parents[i]!]!;
    }
  }

  private connect(source: number): void {
    const { tree, links, gates, edges } = this;
    const targets = [...links.of(source)!];
    const above = this.gateAbove(source);
    const regions = targets.flatMap((target) => this.region(target));
    const gate = gates[source]!;
    edges.set(gate, above === ABSENT ? regions : [above, ...regions]);
    edges.set(source, tree.objects[source] === 1 ? [...targets, gate] : targets);
    this.waysToGates.set(gate, [gate]);
  }

  private gateAbove(number: number): number {
    const parent = this.tree.parents[number]!;
    return parent === ABSENT || this.tree.isChart(number) ? ABSENT : this.gates[parent]!;
  }

  /** The objects of a construct: by its region when they are many. */
  private region(target: number): readonly number[] {
    const { tree, edges } = this;
    if (tree.objectCounts[target]! < 2) return tree.objectsOf(target);
    const vertex = target + 2 * tree.size;
    if (!edges.has(vertex)) edges.set(vertex, tree.objectsOf(target));
    return [vertex];
  }

  /** As by its gates, but without the object itself. */
  private edgesOfAlone(object: number): number[] {
    const { tree, links } = this;
    const scopes = [object];
    while (!tree.isChart(scopes[0]!)) scopes.unshift(tree.parents[scopes[0]!]!);
    const sources = this.alone.get(object)!;
    const outermost = scopes.findIndex((scope) => sources.has(scope));
    const above = this.gateAbove(scopes[outermost]!);
    const regions = scopes.slice(outermost).flatMap((scope) =>
      [...(links.of(scope) ?? NONE)].flatMap((target) => {
        if (!tree.contains(target, object)) return this.region(target);
        return tree.objectsOf(target).filter((other) => other !== object);
      }),
    );
    return [...(links.of(object) ?? NONE), ...(above === ABSENT ? NONE : [above]), ...regions];
  }
}
