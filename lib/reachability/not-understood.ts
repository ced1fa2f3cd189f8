/** Something that decides over traffic and is not understood, so that any answer could be wrongly "closed". */
export class NotUnderstoodError extends Error {
  public constructor(
    /** What is not understood: object, field and reason of each. */
    public readonly faults: readonly string[],
  ) {
    super(
      `These objects decide over traffic and are not understood:\n  ${faults.join('\n  ')}\n` +
        'Answers without them could be wrong. To get answers as if an object were not there, leave it out of what is evaluated.',
    );
    this.name = 'NotUnderstoodError';
  }
}
