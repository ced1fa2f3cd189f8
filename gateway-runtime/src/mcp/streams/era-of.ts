import type { McpExchange } from '../exchange.js';
import type { ServerBackend } from '../federation/server-backend.js';
import type { ServerProfile } from '../upstream/server-profiles.js';
import { UpstreamUnavailableError } from '../upstream/unavailable.js';
import { Pause } from './pause.js';

/**
 * The era of a server that is to be listened to, as soon as it is there.
 *
 * @param late called when it is not there at once
 * @returns absent if it is aborted before
 */
export async function eraOf(
  { services, client, caller, context }: McpExchange,
  backend: ServerBackend,
  signal: AbortSignal,
  late: () => void = () => undefined,
): Promise<ServerProfile['era'] | undefined> {
  const pause = new Pause();
  while (!signal.aborted) {
    try {
      return (await services.profiles.profileOf(backend, client, { caller, context })).era;
    } catch (error) {
      if (signal.aborted) return undefined;
      if (!(error instanceof UpstreamUnavailableError)) throw error;
    }
    late();
    await pause.wait(signal);
  }
  return undefined;
}
