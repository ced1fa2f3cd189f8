import { ApiObject, Chart } from 'cdk8s';
import type { IConstruct } from 'constructs';

/** Stands for a construct that is not there: the parent of the root, the chart of what is outside of charts. */
export const ABSENT = -1;

/** The constructs of an app in preorder, numbered, with what the order of synthesis asks of each. */
export class ConstructTree {
  public readonly constructs: readonly IConstruct[];
  /** Number of the scope of each construct. */
  public readonly parents: Int32Array;
  /** Number after the last construct below each: what is below `i` is `i + 1` to `ends[i] - 1`. */
  public readonly ends: Int32Array;
  /** Number of the chart in which each construct stands; a chart stands in itself. */
  public readonly charts: Int32Array;
  /** 1 for each API object. */
  public readonly objects: Uint8Array;
  /** How many API objects stand below each construct, and at it, in the same chart as it. */
  public readonly objectCounts: Int32Array;
  private numbers: Map<IConstruct, number> | undefined;

  public constructor(root: IConstruct) {
    const { constructs, parents } = preorder(root);
    const size = constructs.length;
    this.constructs = constructs;
    this.parents = Int32Array.from(parents);
    this.ends = new Int32Array(size);
    this.charts = new Int32Array(size);
    this.objects = new Uint8Array(size);
    this.objectCounts = new Int32Array(size);
    this.lookDown();
    this.lookUp();
  }

  public get size(): number {
    return this.constructs.length;
  }

  public isChart(number: number): boolean {
    return this.charts[number] === number;
  }

  /** Whether a construct stands below another, or is it. */
  public contains(outer: number, inner: number): boolean {
    return outer <= inner && inner < this.ends[outer]!;
  }

  /** Number of a construct; absent when it belongs to another tree. */
  public numberOf(construct: IConstruct): number | undefined {
    this.numbers ??= new Map(this.constructs.map((each, number) => [each, number]));
    return this.numbers.get(construct);
  }

  /** The API objects below a construct, and at it, that stand in the same chart as it. */
  public objectsOf(number: number): number[] {
    const found: number[] = [];
    const chart = this.charts[number]!;
    const end = this.ends[number]!;
    for (let i = number; i < end; i++) {
      if (this.isChart(i) && i !== chart) i = this.ends[i]! - 1;
      else if (this.objects[i] === 1) found.push(i);
    }
    return found;
  }

  /** Charts follow from scopes, which come before what is in them. */
  private lookDown(): void {
    for (let i = 0; i < this.size; i++) {
      const construct = this.constructs[i]!;
      const parent = this.parents[i]!;
      if (Chart.isChart(construct)) this.charts[i] = i;
      else this.charts[i] = parent === ABSENT ? ABSENT : this.charts[parent]!;
      this.objects[i] = ApiObject.isApiObject(construct) ? 1 : 0;
    }
  }

  /** Sizes add up from below. */
  private lookUp(): void {
    for (let i = this.size - 1; i >= 0; i--) {
      this.ends[i] = Math.max(this.ends[i]!, i + 1);
      this.objectCounts[i]! += this.objects[i]!;
      const parent = this.parents[i]!;
      if (parent === ABSENT) continue;
      this.ends[parent] = Math.max(this.ends[parent]!, this.ends[i]!);
      if (!this.isChart(i)) this.objectCounts[parent]! += this.objectCounts[i]!;
    }
  }
}

/** A construct and all below it, with the numbers of their scopes. Without recursion, since the depth of a tree is its author's choice. */
export function preorder(root: IConstruct): { constructs: IConstruct[]; parents: number[] } {
  const constructs: IConstruct[] = [];
  const parents: number[] = [];
  const waiting: IConstruct[] = [root];
  const scopes: number[] = [ABSENT];
  for (let construct = waiting.pop(); construct !== undefined; construct = waiting.pop()) {
    const number = constructs.push(construct) - 1;
    parents.push(scopes.pop()!);
    const { children } = construct.node;
    for (let i = children.length - 1; i >= 0; i--) {
      waiting.push(children[i]!);
      scopes.push(number);
    }
  }
  return { constructs, parents };
}
