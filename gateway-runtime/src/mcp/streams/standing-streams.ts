import { Departure, PlacedSet, type Departing, type Placed } from '@agentyard/runtime-kit';

/** A stream that is open until its client leaves, or this replica ends: then it is aborted. */
export class StandingStream extends Departure implements Placed {
  /** Its place among those that are open. */
  public place = -1;
  private controller: AbortController | undefined;

  /** @param onClose told when it is closed */
  public constructor(
    private readonly client: Departing,
    private readonly onClose: (stream: StandingStream) => void,
  ) {
    super();
    if (client.aborted) this.end();
    else client.addEventListener('abort', this.end);
  }

  /** The same as a signal. It is made when it is first asked for: most streams have nothing that needs one. */
  public get signal(): AbortSignal {
    if (this.controller === undefined) {
      const controller = (this.controller = new AbortController());
      if (this.aborted) controller.abort();
      else this.addEventListener('abort', () => controller.abort());
    }
    return this.controller.signal;
  }

  /** Resolves at its end. @param last done before. @default - nothing is */
  public ended(last?: () => void): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        last?.();
        resolve();
      };
      if (this.aborted) end();
      else this.addEventListener('abort', end);
    });
  }

  /** Ends it. */
  public readonly end = (): void => this.abort(new Error('the stream has ended'));

  /** Ends it, and lets go of its client. */
  public close(): void {
    this.client.removeEventListener('abort', this.end);
    this.end();
    this.onClose(this);
  }
}

/** Streams that nobody waits for: they end when this replica is to end, so that their clients go to another one. */
export class StandingStreams {
  private readonly all = new PlacedSet<StandingStream>();
  private isEnding = false;

  /** @param client aborted when the client leaves */
  public open(client: Departing): StandingStream {
    const stream = new StandingStream(client, this.drop);
    this.all.add(stream);
    if (this.isEnding) stream.end();
    return stream;
  }

  /** Ends all, and those that are opened later. */
  public endAll(): void {
    this.isEnding = true;
    for (const stream of this.all.values()) stream.end();
  }

  private readonly drop = (stream: StandingStream): void => this.all.delete(stream);
}
