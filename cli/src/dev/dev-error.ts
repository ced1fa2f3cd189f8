/** Something that the developer can put right; its message says what is wrong and what to do. */
export class DevError extends Error {
  public constructor(message: string) {
    super(message);
    this.name = 'DevError';
  }
}
