import { SynthError } from '../lib/errors/synth-error';
import { readSource } from '../lib/synth/toolset-source';

/** The system prompt of an agent. */
export class Prompt {
  /** The text itself. Throws PROMPT_EMPTY when there is none. */
  public static fromText(text: string): Prompt {
    return new Prompt(text, 'Prompt.fromText');
  }

  /**
   * The content of a file, in UTF-8.
   * Throws PATH_NOT_ABSOLUTE, FILE_UNREADABLE, and PROMPT_EMPTY when there is no text in it.
   *
   * @param file absolute path, for example `path.join(__dirname, 'prompt.md')`
   */
  public static fromFile(file: string): Prompt {
    return new Prompt(readSource(file), `Prompt.fromFile(${file})`);
  }

  /** The text. */
  public readonly text: string;

  private constructor(text: string, place: string) {
    this.text = text.trim();
    if (this.text !== '') return;
    throw new SynthError('PROMPT_EMPTY', place, {
      message: 'the prompt has no text',
      remedy: 'Say what the agent is for and how it should answer',
    });
  }
}
