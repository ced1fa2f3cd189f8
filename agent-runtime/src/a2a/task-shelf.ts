import type { A2aTask } from './a2a-task.js';

/** How much is kept, of all together and of one owner. */
export interface ShelfLimits {
  readonly tasks: number;
  /** Characters of requests and answers. */
  readonly characters: number;
}

/** For how long a task that has ended is kept, in milliseconds. */
const KEPT_MS = 3_600_000;

const MOST: ShelfLimits = { tasks: 1_000, characters: 32 * 1024 * 1024 };
const MOST_OF_OWNER: ShelfLimits = { tasks: 100, characters: 4 * 1024 * 1024 };

/** The tasks of one agent process, in its memory. What has ended makes room, the oldest first; what runs stays. */
export class TaskShelf {
  /** In the order in which they began. */
  private readonly tasks = new Map<string, A2aTask>();

  /** Keeps one. @returns whether there was room */
  public put(task: A2aTask): boolean {
    this.dropOld();
    this.tasks.set(task.names.id, task);
    const hasRoom = this.makeRoom(task.owner);
    if (!hasRoom) this.tasks.delete(task.names.id);
    return hasRoom;
  }

  /** Whether there is one by that id, whoever owns it. */
  public has(id: string): boolean {
    return this.tasks.has(id);
  }

  /** A task of an owner; that of another is none. */
  public find(id: string, owner: string): A2aTask | undefined {
    this.dropOld();
    const task = this.tasks.get(id);
    return task?.owner === owner ? task : undefined;
  }

  /** Tasks of an owner in one context, oldest first. */
  public inContext(contextId: string, owner: string): A2aTask[] {
    this.dropOld();
    return this.of(owner).filter(({ names }) => names.contextId === contextId);
  }

  public all(): A2aTask[] {
    return [...this.tasks.values()];
  }

  /** Leaves out what has ended long ago. */
  public dropOld(): void {
    const before = performance.now() - KEPT_MS;
    for (const [id, { endedAt = Infinity }] of this.tasks) if (endedAt < before) this.tasks.delete(id);
  }

  private makeRoom(owner: string): boolean {
    return this.shrink(this.of(owner), MOST_OF_OWNER) && this.shrink(this.all(), MOST);
  }

  private shrink(tasks: readonly A2aTask[], most: ShelfLimits): boolean {
    let count = tasks.length;
    let characters = tasks.reduce((sum, { size }) => sum + size, 0);
    for (const { names, hasEnded, size } of tasks) {
      if (count <= most.tasks && characters <= most.characters) return true;
      if (!hasEnded) continue;
      this.tasks.delete(names.id);
      count -= 1;
      characters -= size;
    }
    return count <= most.tasks && characters <= most.characters;
  }

  private of(owner: string): A2aTask[] {
    return this.all().filter((task) => task.owner === owner);
  }
}
