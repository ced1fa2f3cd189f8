/** A tool call that a scripted model asks for. */
export interface ScriptCall {
  /** Name under which the tool is offered to the model. */
  readonly tool: string;
  /**
   * Arguments of the call. `{{input}}`, `{{result}}` and `{{result.a.b}}` in its texts are filled in.
   * @default - none
   */
  readonly input?: Record<string, any>;
}

/** What a scripted model answers to some inputs. */
export interface ScriptRule {
  /**
   * Regular expression, RE2 syntax, that the user's input must match.
   * @default - every input
   */
  readonly when?: string;
  /**
   * Tool calls that the model asks for, one per turn, before it answers.
   * @default - none
   */
  readonly calls?: ScriptCall[];
  /**
   * The answer. `{{input}}` is the user's input, `{{result}}` the text of the last tool's result,
   * `{{result.a.b}}` a value of its structured result.
   */
  readonly say: string;
}
