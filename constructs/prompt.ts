import type { IConstruct } from 'constructs';
import { SynthError } from '../lib/errors/synth-error';
import { secretIn } from '../lib/hardening/secret-text';
import { readSource } from '../lib/synth/toolset-source';

/** The system prompt of an agent. An agent whose prompt has no text fails with PROMPT_EMPTY. */
export class Prompt {
  /** The text itself. */
  public static fromText(text: string): Prompt {
    return new Prompt(text);
  }

  /**
   * The content of a file, in UTF-8. Throws PATH_NOT_ABSOLUTE and FILE_UNREADABLE.
   *
   * @param file absolute path, for example `path.join(__dirname, 'prompt.md')`
   */
  public static fromFile(file: string): Prompt {
    return new Prompt(readSource(file));
  }

  /** The text, without white space around it. */
  public readonly text: string;

  private constructor(text: string) {
    this.text = text.trim();
  }

  /** @internal */
  public _textFor(agent: IConstruct): string {
    if (this.text === '') {
      throw new SynthError('PROMPT_EMPTY', agent, {
        message: 'the prompt has no text',
        remedy: 'Say what the agent is for and how it should answer',
      });
    }
    const secret = secretIn(this.text);
    if (secret !== undefined) {
      throw new SynthError('SECRET_IN_TEXT', agent, {
        message: `the prompt holds what looks like ${secret}, and would stand in manifests and go to the model`,
        remedy: 'Take it out, and revoke it if it is real',
      });
    }
    return this.text;
  }
}
