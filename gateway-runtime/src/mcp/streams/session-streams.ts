import type { StandingStream } from './standing-streams.js';

/** The one stream of each session; a client that comes again has lost the one before. */
export class SessionStreams {
  private readonly streams = new Map<string, StandingStream>();

  public replace(session: string, stream: StandingStream): void {
    this.streams.get(session)?.close();
    this.streams.set(session, stream);
  }

  public drop(session: string, stream: StandingStream): void {
    if (this.streams.get(session) === stream) this.streams.delete(session);
  }

  /** Ends the stream of a session that has ended. */
  public end(session: string): void {
    this.streams.get(session)?.close();
  }
}
