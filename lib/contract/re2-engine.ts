import { RE2JS } from 're2js';

/**
 * Ajv's engine for `pattern` and `patternProperties`: RE2, so that no argument of a client can make a pattern of a
 * schema take more than linear time. Look-around and back-references do not compile.
 */
export function re2Engine(pattern: string): Re2Pattern {
  return new Re2Pattern(pattern);
}

/** Ajv puts this into code that it writes to files, which is never done here; its type asks for it. */
re2Engine.code = 'new RegExp';

class Re2Pattern {
  private readonly compiled: RE2JS;

  public constructor(private readonly pattern: string) {
    this.compiled = RE2JS.compile(pattern);
  }

  public test(text: string): boolean {
    return this.compiled.matcher(text).find();
  }

  /** Ajv takes patterns whose text is the same for one. */
  public toString(): string {
    return this.pattern;
  }
}
