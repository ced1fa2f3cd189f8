/** Something that a {@link PlacedSet} can hold; the place is the set's. */
export interface Placed {
  place: number;
}

/**
 * A set of things that come and go by the thousand, in no order. A `Set` makes a new table every few dozen changes, and
 * each old table keeps all that it had, and the next one, until a full garbage collection: whatever was in it is moved
 * to the old generation for nothing. This one is an array whose last member takes the place of one that goes.
 */
export class PlacedSet<T extends Placed> {
  private readonly members: T[] = [];

  public get size(): number {
    return this.members.length;
  }

  /** Adds one that is not in it. */
  public add(member: T): void {
    member.place = this.members.length;
    this.members.push(member);
  }

  /** Takes one out; nothing if it is not in it. */
  public delete(member: T): void {
    const { members } = this;
    if (members[member.place] !== member) return;
    const last = members.pop() as T;
    if (last === member) return;
    members[member.place] = last;
    last.place = member.place;
  }

  /** Those that are in it now. */
  public values(): T[] {
    return [...this.members];
  }
}
