/** Documents of runtimes that are missing or wrong, so that nothing can be said of who may call what. */
export class DocumentsError extends Error {
  /** @param faults the workload and what is wrong with its document, of each */
  public constructor(public readonly faults: readonly string[]) {
    super(faults.join('\n'));
    this.name = 'DocumentsError';
  }
}
