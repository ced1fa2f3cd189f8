/** Thrown when another replica has answered a request, so that nothing is left to do. */
export class AnsweredElsewhere extends Error {
  public constructor() {
    super('another replica has answered');
    this.name = 'AnsweredElsewhere';
  }
}
