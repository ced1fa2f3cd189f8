import { ApiServer, type LocalOverlay, type Logger } from '@agentyard/runtime-kit';

/**
 * The API server of the cluster that the gateway runs in. Outside of a cluster there is none; where it cannot be known, the
 * gateway goes by mounted files and says so.
 *
 * @param given another one, for tests
 */
export function apiServerOf(
  { log, overlay }: { readonly log: Logger; readonly overlay: LocalOverlay | undefined },
  given: (() => ApiServer) | undefined,
): () => ApiServer | undefined {
  let known: ApiServer | undefined;
  return () => {
    if (overlay !== undefined && given === undefined) return undefined;
    try {
      known ??= given === undefined ? ApiServer.ofPod() : given();
    } catch (error) {
      const text = 'the Kubernetes API cannot be asked: changes count when mounted files show them, after up to 90 s';
      log.error({ event: 'watch-failed', fault: (error as Error).message }, text);
    }
    return known;
  };
}
