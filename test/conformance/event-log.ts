import type { EventStore, JSONRPCMessage } from '@modelcontextprotocol/server';

interface LoggedEvent {
  readonly streamId: string;
  readonly message: JSONRPCMessage;
}

/** What a session has sent, so that a client which comes back with `Last-Event-ID` gets the rest (MCP 2025-11-25). */
export class EventLog implements EventStore {
  private readonly events: LoggedEvent[] = [];

  /** @returns the event's id: its place in the log, counted from 1 */
  public storeEvent(streamId: string, message: JSONRPCMessage): Promise<string> {
    return Promise.resolve(String(this.events.push({ streamId, message })));
  }

  public getStreamIdForEventId(eventId: string): Promise<string | undefined> {
    return Promise.resolve(this.events[Number(eventId) - 1]?.streamId);
  }

  /** Sends what came after an event on the same stream, but for events that only open a stream: they carry nothing. */
  public async replayEventsAfter(
    lastEventId: string,
    { send }: { send: (eventId: string, message: JSONRPCMessage) => Promise<void> },
  ): Promise<string> {
    const last = Number(lastEventId);
    const stream = this.events[last - 1]?.streamId ?? '';
    for (const [index, { streamId, message }] of this.events.entries()) {
      const isNew = index >= last && streamId === stream && Object.keys(message).length > 0;
      if (isNew) await send(String(index + 1), message);
    }
    return stream;
  }
}
