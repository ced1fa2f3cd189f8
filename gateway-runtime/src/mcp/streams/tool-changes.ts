import { EventEmitter } from 'node:events';

/** Tells those who listen at the path of an endpoint that the document's tools there have changed. */
export class ToolChanges extends EventEmitter<Record<string, []>> {
  public constructor() {
    super();
    // One for each open stream.
    this.setMaxListeners(0);
  }
}
