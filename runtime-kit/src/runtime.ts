import { ContractError, type DocumentDefinition } from 'agentyard/contract';
import { DocumentFile, type DocumentOf } from './document-file.js';
import { EXIT_CONFIG } from './exit-code.js';
import { Health } from './health.js';
import { HttpServer, type HttpDoor, type Routes } from './http-server.js';
import { readLocalOverlay, type LocalOverlay } from './local-overlay.js';
import { createLogger, writeLastLine, type Logger } from './logger.js';
import type { MetricsServer } from './metrics-server.js';
import { Metrics, type Load } from './metrics.js';

/** How often a local runtime looks whether the process that started it still lives. */
const PARENT_CHECK_MS = 1000;

/** What a runtime gets to start with. */
export interface RuntimeContext<D extends DocumentDefinition> {
  readonly document: DocumentOf<D>;
  readonly documentFile: DocumentFile<D>;
  readonly health: Health;
  readonly log: Logger;
  readonly overlay: LocalOverlay | undefined;
  readonly metrics: Metrics;
}

/** What a runtime serves, and what has to be closed when it ends. */
export interface RuntimeParts {
  readonly routes: Routes;
  /** How it is at its door. @default - plain HTTP, without a limit of connections */
  readonly door?: HttpDoor;
  /**
   * What it works on, for a runtime whose work is another than the requests of its routes; it then counts its
   * outcomes itself. @default - the requests of its routes
   */
  load?(): Load;
  /** How many of the requests of its routes wait for their turn. @default - none does */
  queued?(): number;
  close?(): Promise<void> | void;
}

/** A running runtime. */
export interface RunningRuntime {
  readonly port: number;
  /** Where metrics are served; absent if they are not. */
  readonly metricsPort: number | undefined;
  /** Ends it: not ready, no new connections, requests in flight finish within the document's grace. */
  shutdown(reason: string): Promise<void>;
}

/** The members that every runtime's document has. */
interface ServedDocument {
  readonly name: string;
  readonly namespace: string;
  readonly listen: { readonly port: number; readonly metricsPort?: number };
  readonly shutdown: { readonly graceMs: number };
}

/** Loads the document, starts the runtime and its HTTP server. @throws ContractError with every fault of the document */
export async function startRuntime<D extends DocumentDefinition>(
  component: string,
  definition: D,
  start: (context: RuntimeContext<D>) => Promise<RuntimeParts> | RuntimeParts,
): Promise<RunningRuntime> {
  const overlay = readLocalOverlay();
  const documentFile = new DocumentFile(definition, overlay);
  const document = await documentFile.read();
  const served = document as unknown as ServedDocument;
  const log = createLogger({ component, name: served.name, namespace: served.namespace });
  const health = new Health();
  const metrics = new Metrics();
  const parts = await start({ document, documentFile, health, log, overlay, metrics });
  const onRequestEnd = parts.load === undefined ? metrics.countRequest.bind(metrics) : undefined;
  const address = overlay?.listen ?? { port: served.listen.port };
  const server = new HttpServer({ ...address, ...parts.door, routes: parts.routes, health, log, onRequestEnd });
  let scraped: MetricsServer | undefined;
  let port: number;
  try {
    scraped = await startMetrics(
      served,
      overlay,
      metrics,
      () => parts.load?.() ?? loadOf(server, parts.queued?.() ?? 0),
    );
    port = await server.listen();
  } catch (error) {
    await scraped?.close();
    await parts.close?.();
    throw error;
  }
  if (scraped !== undefined) log.info({ event: 'metrics-listening', port: scraped.port }, 'metrics listening');
  log.info({ event: 'listening', port }, 'listening');

  let ending: Promise<void> | undefined;
  const end = async (reason: string): Promise<void> => {
    log.info({ event: 'shutdown', reason }, 'shutting down');
    health.drain();
    await server.close(served.shutdown.graceMs);
    await parts.close?.();
    await scraped?.close();
    await writeLastLine(log, { event: 'stopped' }, 'stopped');
  };
  return { port, metricsPort: scraped?.port, shutdown: (reason) => (ending ??= end(reason)) };
}

/** A local process serves its metrics on a free port of its own: the document's is one for all replicas. */
async function startMetrics(
  { listen }: ServedDocument,
  overlay: LocalOverlay | undefined,
  metrics: Metrics,
  load: () => Load,
): Promise<MetricsServer | undefined> {
  if (listen.metricsPort === undefined) return undefined;
  const address = overlay === undefined ? { port: listen.metricsPort } : { host: overlay.listen.host, port: 0 };
  // The library behind it is loaded only where metrics are served.
  const server = await import('./metrics-server.js');
  return server.MetricsServer.start(address, metrics, load);
}

function loadOf({ inFlight }: HttpServer, queued: number): Load {
  return { inFlight: Math.max(0, inFlight - queued), queued };
}

/** The main function of a runtime's process: starts it, ends it on SIGTERM and SIGINT, exits non-zero when it cannot run. */
export async function runRuntime<D extends DocumentDefinition>(
  component: string,
  definition: D,
  start: (context: RuntimeContext<D>) => Promise<RuntimeParts> | RuntimeParts,
): Promise<void> {
  let runtime: RunningRuntime;
  try {
    runtime = await startRuntime(component, definition, start);
  } catch (error) {
    reportFatal(component, error);
    process.exit((error as NodeJS.ErrnoException).code === 'EADDRINUSE' ? 1 : EXIT_CONFIG);
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => void runtime.shutdown(signal).then(() => process.exit(0)));
  }
  if (readLocalOverlay() === undefined) return;
  onParentGone(() => {
    // Not by process.exit: its hooks would wait for log lines that nobody reads any more.
    const kill = (): boolean => process.kill(process.pid, 'SIGKILL');
    void runtime.shutdown('the parent process is gone').finally(kill);
  });
}

/** Tells a local runtime that the process which started it has ended, even if that one was killed and could not. */
function onParentGone(end: () => void): void {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    end();
  }, PARENT_CHECK_MS);
  timer.unref();
}

/** Says why a process does not start: one JSON line per fault, so that a log collector shows each. */
export function reportFatal(component: string, error: unknown): void {
  const faults = error instanceof ContractError ? error.faults : [{ path: '$', message: (error as Error).message }];
  for (const fault of faults) {
    const line = {
      level: 'fatal',
      time: new Date().toISOString(),
      component,
      event: 'refused',
      ...fault,
      msg: 'refused to start',
    };
    process.stderr.write(`${JSON.stringify(line)}\n`);
  }
}
