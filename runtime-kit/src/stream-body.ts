import { once } from 'node:events';
import type { ServerResponse } from 'node:http';

/**
 * Writes the pieces of a body as they come, and takes the next one only when the client has taken the ones before.
 * The response is not ended. An error of the source is thrown on; the response stays as it is then.
 *
 * @param signal aborted when the client leaves; that throws too
 */
export async function streamBody(
  response: ServerResponse,
  source: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<void> {
  for await (const piece of source) {
    if (!response.write(piece)) await once(response, 'drain', { signal });
  }
}
