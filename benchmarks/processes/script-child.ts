import { Child } from './child';
import { Deferred } from './deferred';
import type { Asked, Told } from './parent';

/** A script that runs in a process of its own, says when it is ready, and answers questions. */
export class ScriptChild<R> extends Child {
  private readonly asked = new Map<number, (told: Told) => void>();
  private readonly readiness = new Deferred<R>();
  private lastId = 0;

  private constructor(name: string, script: string, argument: object) {
    super(name, [process.execPath, script, JSON.stringify(argument)], { hasChannel: true });
    this.process.on('message', (told: Told) => {
      if ('ready' in told) return this.readiness.resolve(told.ready as R);
      this.asked.get(told.id)?.(told);
      this.asked.delete(told.id);
    });
  }

  /** Starts it, and waits until it is ready. */
  public static async start<R>(
    name: string,
    script: string,
    argument: object = {},
  ): Promise<{ readonly child: ScriptChild<R>; readonly ready: R }> {
    const child = new ScriptChild<R>(name, script, argument);
    return { child, ready: await child.within(child.readiness.promise) };
  }

  /** Asks it, and waits for the answer. @throws Error with what it says of why it has none */
  public async ask<T>(question: string, argument?: unknown): Promise<T> {
    const id = (this.lastId += 1);
    const answered = new Promise<Told>((resolve) => this.asked.set(id, resolve));
    this.process.send({ id, question, argument } satisfies Asked);
    const told = await this.within(answered);
    if ('error' in told && told.error !== undefined) throw new Error(told.error);
    return (told as { readonly answer: T }).answer;
  }
}
