import type { Problem, ProblemCode } from './problem';

/** How OpenAI's clients expect to be told of an error. */
export interface OpenAiError {
  readonly error: {
    readonly message: string;
    readonly type: string;
    /** The parameter that is wrong, the first one if there are several. */
    readonly param: string | null;
    /** Code of the problem, but for {@link CODES}. */
    readonly code: string;
  };
}

/** Codes that clients look for. */
const CODES: Partial<Record<ProblemCode, string>> = { 'agent-unknown': 'model_not_found' };

const TYPES: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  403: 'permission_error',
  429: 'rate_limit_error',
};

/** The error of OpenAI's API that says what a problem document says. */
export function openAiErrorOf({ code, status, title, detail, faults = [] }: Problem): OpenAiError {
  const [first] = faults.map(({ path }) => path.replace(/^\$\.?/, ''));
  const places = faults.map(({ path, message }) => `${path.replace(/^\$\.?/, '') || 'body'}: ${message}`);
  return {
    error: {
      message: [detail ?? `${title}.`, ...places].join(' ').trim(),
      type: TYPES[status] ?? (status < 500 ? 'invalid_request_error' : 'server_error'),
      param: code === 'agent-unknown' ? 'model' : first || null,
      code: CODES[code] ?? code,
    },
  };
}
