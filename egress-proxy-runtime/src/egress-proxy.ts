import os from 'node:os';
import type { DocumentFile, Health, Logger, RuntimeContext, RuntimeParts } from '@agentyard/runtime-kit';
import { ContractError, type EgressProxyDocument, type egressProxyDocument } from 'agentyard/contract';
import { accessEntry } from './access-line.js';
import { LinePipe } from './line-pipe.js';
import { PortWatch } from './port-watch.js';
import { replicaIndex } from './reload-turn.js';
import { Reloader } from './reloader.js';
import { checkConf } from './squid-check.js';
import { IDLE_PORT } from './squid-conf.js';
import { SquidProcess } from './squid-process.js';
import type { StartingDocument } from './starting-document.js';
import type { WorkDirectory } from './work-directory.js';

type Definition = typeof egressProxyDocument;

/**
 * Starts Squid with the document's lists and keeps it going.
 *
 * @param mounted the document that is watched, which is not the one started from if it was wrong at the start
 * @param serverNameCommand starts the helper that compares server names
 * @throws Error when Squid refuses what it is to start with, or this replica does not know its turn
 */
export async function startEgressProxy(
  context: RuntimeContext<Definition>,
  mounted: DocumentFile<Definition>,
  work: WorkDirectory,
  starting: StartingDocument,
  serverNameCommand: readonly string[],
): Promise<RuntimeParts> {
  const { document, health, log } = context;
  const index = replicaIndex(process.env, os.hostname(), document.reload.replicas);
  if (index >= document.reload.replicas) {
    log.warn({ event: 'replica-surplus', index }, 'more replicas than the document says: some reload at the same time');
  }
  if (starting.refused !== undefined) reportRefused(log, starting.refused);
  await work.prepare();
  const pipe = new LinePipe(work.accessLog, (line) => logAccess(log, line));
  const squid = new SquidProcess(work.conf, work.path, log, () => watch.forget());
  const watch: PortWatch = new PortWatch(
    () => portsOf(reloader.running),
    () => squid.kill(),
  );
  const { certificate, accessLog } = work;
  const files = { certificate, accessLog, serverNameCommand };
  const reloader = new Reloader(
    { squid, work, files, log, index, check: checkConf, waitUntilServing: (ms) => watch.waitUntilServing(ms) },
    document,
  );
  await reloader.start();
  watch.start();
  addChecks(health, squid, watch, reloader);
  const stopWatching = mounted.watch(
    (next) => reloader.take(next),
    (error) => reportRefused(log, error),
  );
  const close = async (): Promise<void> => {
    stopWatching();
    watch.stop();
    await reloader.stop();
    await squid.drain(portsOf(reloader.running), document.shutdown.graceMs);
    pipe.close();
  };
  return { routes: {}, close };
}

function addChecks(health: Health, squid: SquidProcess, watch: PortWatch, reloader: Reloader): void {
  health.addCheck(() => (squid.isRunning ? undefined : 'Squid is not running'));
  health.addCheck(() => (reloader.isReloading ? 'the allow lists are being reloaded' : undefined));
  health.addCheck(() => watch.reason);
}

function portsOf({ allowLists }: EgressProxyDocument): readonly number[] {
  return allowLists.length > 0 ? allowLists.map(({ port }) => port) : [IDLE_PORT];
}

function logAccess(log: Logger, line: string): void {
  const entry = accessEntry(line);
  if (entry === undefined) return;
  log[entry.outcome === 'refused' ? 'warn' : 'info']({ event: 'egress', ...entry }, entry.outcome);
}

function reportRefused(log: Logger, error: Error): void {
  const faults = error instanceof ContractError ? error.faults : undefined;
  log.error(
    { event: 'document-refused', ...(faults === undefined ? { err: error } : { faults }) },
    'the document is refused, the last good one stays in force',
  );
}
