import type { OpenStream } from './open-streams.js';

/** The one stream of each session; a client that comes again has lost the one before. */
export class SessionStreams {
  private readonly streams = new Map<string, OpenStream>();

  public replace(session: string, stream: OpenStream): void {
    this.streams.get(session)?.close();
    this.streams.set(session, stream);
  }

  public drop(session: string, stream: OpenStream): void {
    if (this.streams.get(session) === stream) this.streams.delete(session);
  }

  /** Ends the stream of a session that has ended. */
  public end(session: string): void {
    this.streams.get(session)?.close();
  }
}
