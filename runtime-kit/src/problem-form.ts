import { openAiErrorOf, type Problem } from 'agentyard/contract';

/** How a problem is written in an answer. */
export interface ProblemForm {
  /** Media type. */
  readonly type: string;
  bodyOf(problem: Problem): unknown;
}

const PROBLEM_DOCUMENT: ProblemForm = { type: 'application/problem+json', bodyOf: (problem) => problem };
const OPENAI_ERROR: ProblemForm = { type: 'application/json', bodyOf: openAiErrorOf };

const OWN_PATHS = /^\/v1\/(invoke|resume|approvals)/;

/**
 * The form that clients of a path expect: below `/v1/` those of OpenAI call, also what is not there, but for the paths of
 * our own.
 *
 * @param target of the request
 */
export function problemFormAt(target = ''): ProblemForm {
  return target.startsWith('/v1/') && !OWN_PATHS.test(target) ? OPENAI_ERROR : PROBLEM_DOCUMENT;
}
