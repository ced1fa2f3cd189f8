import type { IncomingMessage } from 'node:http';
import { HttpProblem } from './http-problem.js';

/** Longest request target, in characters. */
const MAX_URL = 8_192;

/** Most header fields; `rawHeaders` has two entries for each. */
const MAX_HEADERS = 128;

/**
 * Refuses what Node's parser lets through although two servers in a row may read it differently (RFC 9112, 3.2 and
 * 6.1), and what is too long. Bodies of two lengths, folded lines and bare line feeds the parser refuses by itself.
 *
 * @throws HttpProblem `request-ambiguous`, `url-too-long`, `headers-too-large`
 */
export function guardRequest(request: IncomingMessage): void {
  const { headers, rawHeaders, httpVersionMinor, url = '/' } = request;
  if (url.length > MAX_URL) throw new HttpProblem('url-too-long', `It may have ${MAX_URL} characters.`);
  if (rawHeaders.length > 2 * MAX_HEADERS) {
    throw new HttpProblem('headers-too-large', `There may be ${MAX_HEADERS} header fields.`);
  }
  refuseDoubles(rawHeaders);
  const coding = headers['transfer-encoding'];
  if (coding !== undefined && (coding.toLowerCase() !== 'chunked' || httpVersionMinor === 0)) {
    throw new HttpProblem('request-ambiguous', 'Bodies are sent in chunks by HTTP/1.1, or with a content-length.');
  }
  if (headers.host === undefined && httpVersionMinor === 1) {
    throw new HttpProblem('request-ambiguous', 'Send a host header.');
  }
  if (httpVersionMinor !== 1 && request.httpVersion !== '1.0') {
    throw new HttpProblem('request-ambiguous', 'Send HTTP/1.1.');
  }
  if (!url.startsWith('/')) refuseOtherAuthority(url, headers.host);
}

/** Of two such fields what stands before us may have read the other one. */
function refuseDoubles(rawHeaders: readonly string[]): void {
  let hosts = 0;
  let credentials = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    if (name.length === 4 && name.toLowerCase() === 'host') hosts += 1;
    else if (name.length === 13 && name.toLowerCase() === 'authorization') credentials += 1;
  }
  if (hosts > 1) throw new HttpProblem('request-ambiguous', 'There is more than one host header.');
  if (credentials > 1) throw new HttpProblem('request-ambiguous', 'There is more than one authorization header.');
}

/** A target in absolute form has a host of its own, which must be the one of the header. */
function refuseOtherAuthority(url: string, host: string | undefined): void {
  const named = URL.parse(url);
  if (named === null || named.host === URL.parse(`${named.protocol}//${host ?? ''}`)?.host) return;
  throw new HttpProblem('request-ambiguous', 'The target names another host than the header.');
}
