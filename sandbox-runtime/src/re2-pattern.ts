import { RE2JS } from 're2js';

/**
 * Ajv's engine for `pattern` and `patternProperties`: RE2, so that no argument of a client can make a pattern of the
 * schema take more than linear time. Look-around and back-references do not compile.
 */
export function re2Pattern(pattern: string): { test(text: string): boolean } {
  const compiled = RE2JS.compile(pattern);
  // Ajv takes patterns whose text is the same for one.
  return { test: (text) => compiled.matcher(text).find(), toString: () => pattern };
}

/** Ajv puts this into code that it writes to files, which is never done here; its type asks for it. */
re2Pattern.code = 'new RegExp';
