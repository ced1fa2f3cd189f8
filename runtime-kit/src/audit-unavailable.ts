import { HttpProblem } from './http-problem.js';

/** What a client is told whose request may not be logged: it is not done. */
export function auditUnavailable(): HttpProblem {
  const detail = 'What may not be logged may not be done. Nothing was.';
  return new HttpProblem('audit-unavailable', detail, undefined, { 'retry-after': '1' });
}
