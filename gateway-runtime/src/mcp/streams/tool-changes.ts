import { EventEmitter } from 'node:events';

/** Tells those who listen that the tools of the document have changed. */
export class ToolChanges extends EventEmitter<{ changed: [] }> {
  public constructor() {
    super();
    // One for each open stream.
    this.setMaxListeners(0);
  }
}
