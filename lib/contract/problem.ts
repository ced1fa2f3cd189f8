import { z } from 'zod';

/** Every problem that the runtimes answer with, its HTTP status and its title. */
export const PROBLEMS = {
  'request-malformed': { status: 400, title: 'The body is not JSON' },
  'request-ambiguous': { status: 400, title: 'The request can be read in more than one way' },
  'request-broken': { status: 400, title: 'The request is not HTTP/1.1' },
  'token-in-url': { status: 400, title: 'Credentials in a URL are not taken' },
  'json-excessive': { status: 400, title: 'The body is nested too deep, or has too many members' },
  'request-invalid': { status: 400, title: 'The request does not fit its schema' },
  'auth-missing': { status: 401, title: 'No credentials were sent' },
  'auth-invalid': { status: 401, title: 'The credentials are not valid' },
  'caller-refused': { status: 403, title: 'The calling service may not call this one' },
  'scope-missing': { status: 403, title: 'The token lacks a scope' },
  'role-missing': { status: 403, title: 'The user has no role that allows this' },
  'arguments-refused': { status: 403, title: 'No role of the user allows these arguments' },
  'certificate-refused': { status: 403, title: 'The client certificate is missing, or not trusted' },
  'origin-refused': { status: 403, title: 'The Origin header is not allowed' },
  'path-unknown': { status: 404, title: 'There is nothing at this path' },
  'agent-unknown': { status: 404, title: 'No route names this agent' },
  'tool-unknown': { status: 404, title: 'There is no such tool for this caller' },
  'approval-unknown': { status: 404, title: 'Nothing waits for approval here' },
  'route-unmatched': { status: 404, title: 'No route matches this request' },
  'method-not-allowed': { status: 405, title: 'This path does not take this method' },
  'approval-pending': {
    status: 409,
    title: 'What waits for approval in this session is to be decided, and gone on with, first',
  },
  'approval-decided': { status: 409, title: 'It is decided already' },
  'session-busy': { status: 409, title: 'The session is at work on another request' },
  'request-timeout': { status: 408, title: 'The request did not arrive in time' },
  'request-too-large': { status: 413, title: 'The body is too large' },
  'url-too-long': { status: 414, title: 'The URL is too long' },
  'media-type-unsupported': { status: 415, title: 'The body must be application/json' },
  'host-refused': { status: 421, title: 'The Host header names another server' },
  'streams-exhausted': { status: 429, title: 'The user has as many streams as one may' },
  'rate-limited': { status: 429, title: 'There were too many requests' },
  'quota-exceeded': { status: 429, title: 'The quota of the day is used up' },
  'headers-too-large': { status: 431, title: 'The headers are too large, or too many' },
  'internal-error': { status: 500, title: 'The runtime failed' },
  'agent-failed': { status: 502, title: 'The agent gave no valid answer' },
  'model-failed': { status: 502, title: 'The model provider failed' },
  overloaded: { status: 503, title: 'Too many requests wait already' },
  'circuit-open': { status: 503, title: 'The agent failed too often and is left alone for a while' },
  'agent-unavailable': { status: 503, title: 'No pod of the agent is ready' },
  'toolset-not-ready': { status: 503, title: 'The tools may not be run here, or their code has yet to be checked' },
  'issuer-unavailable': { status: 503, title: 'The token’s issuer cannot be asked at present' },
  'sessions-unavailable': { status: 503, title: 'The store of the sessions cannot be asked at present' },
  'quota-unavailable': { status: 503, title: 'The quota cannot be checked at present' },
  'audit-unavailable': { status: 503, title: 'The audit log is not read' },
  'intake-exhausted': { status: 503, title: 'There are as many connections or streams as there may be' },
  'runtime-ending': { status: 503, title: 'The runtime is shutting down' },
  'agent-timeout': { status: 504, title: 'The agent did not answer in time' },
} as const;

export type ProblemCode = keyof typeof PROBLEMS;

const codes = Object.keys(PROBLEMS) as [ProblemCode, ...ProblemCode[]];

/** A problem document, RFC 9457, as `application/problem+json`. */
export const problem = z.strictObject({
  type: z.string().describe('`urn:agentyard:problem:<code>`'),
  title: z.string(),
  status: z.int().min(400).max(599),
  code: z.enum(codes).describe('Stable name of the problem.'),
  detail: z.string().optional().describe('What was wrong this time and what to do.'),
  requestId: z.string().optional().describe('Id of the request in the logs.'),
  faults: z
    .array(z.strictObject({ path: z.string(), message: z.string() }))
    .optional()
    .describe('What is wrong in the body, by JSON path.'),
});

export type Problem = z.output<typeof problem>;

/** Builds the problem document of a code. */
export function problemOf(code: ProblemCode, rest: Pick<Problem, 'detail' | 'requestId' | 'faults'> = {}): Problem {
  return { type: `urn:agentyard:problem:${code}`, ...PROBLEMS[code], code, ...rest };
}
