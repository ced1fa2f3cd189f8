import type { IConstruct } from 'constructs';

/** A value that holds for a construct and all below it, until one of those is given another. */
export class ScopedValue<T> {
  private readonly values = new WeakMap<IConstruct, T>();

  public set(scope: IConstruct, value: T): void {
    this.values.set(scope, value);
  }

  /** The value of the nearest construct above, or of the construct itself. */
  public of(construct: IConstruct): T | undefined {
    return this.values.get(this.scopeFor(construct));
  }

  /** The construct that the value in force was given to; the root without one. */
  public scopeFor(construct: IConstruct): IConstruct {
    return construct.node.scopes.reverse().find((above) => this.values.has(above)) ?? construct.node.root;
  }
}
