import { createDispatcher, createFetch } from '@agentyard/runtime-kit';
import type { GatewayDocument } from 'agentyard/contract';
import { desiredState, type DesiredState, type LocalSubstitutes, type NotStarted } from './desired-state.js';
import { DevError } from './dev-error.js';
import { GatewayAccess, gatewayDocumentOf } from './gateway-access.js';
import { GatewayPorts } from './gateway-ports.js';
import { HostsFile } from './hosts-file.js';
import { LocalIdentity } from './local-identity.js';
import { LogStream } from './log-stream.js';
import { NoManifestsError } from './manifests.js';
import { notEnforced } from './not-enforced.js';
import { RunningSet } from './running-set.js';
import { refuseUnusableRuntimes, type RuntimeKind, type RuntimeMains } from './runtimes.js';
import { hostMap } from './service-map.js';
import { processTerminal, type Terminal } from './terminal.js';
import { watchManifests } from './watch.js';
import { WorkDirectory } from './work-directory.js';

const DEFAULT_PORT = 8080;
const DEFAULT_READY_TIMEOUT_MS = 60_000;

export interface LocalPlatformOptions extends LocalSubstitutes {
  /** Folder that `cdk8s synth` wrote. */
  readonly manifestsDirectory: string;
  /** Main modules of the runtimes. */
  readonly runtimes: RuntimeMains;
  /** Port of the first gateway, or the next free one; 0 for any. @default 8080 */
  readonly port?: number;
  /** Follow changes of the manifests. @default false */
  readonly watch?: boolean;
  /** Keep the runtimes' lines out of the terminal. @default false */
  readonly quiet?: boolean;
  /** How long runtimes may take to become ready, in milliseconds. @default 60000 */
  readonly readyTimeoutMs?: number;
  /** Where lines and notices go. @default - this process's standard output */
  readonly terminal?: Terminal;
  /** Ends a start in progress when it is aborted. @default - never */
  readonly signal?: AbortSignal;
}

/** A workload that runs. */
export interface LocalWorkload {
  readonly kind: RuntimeKind;
  readonly name: string;
  readonly namespace: string;
  readonly replicas: number;
  /** One URL per ready replica. */
  readonly urls: readonly string[];
  /** One process id per replica that runs. */
  readonly pids: readonly number[];
  /** Volumes that are empty since nothing was given for them. */
  readonly emptyVolumes: readonly string[];
}

/** A gateway that runs. */
export interface LocalGateway {
  readonly name: string;
  readonly namespace: string;
  /** Base URL of its first replica. */
  readonly url: string;
  /** Credential with every role, made for this run; absent when it needs none, or its keys were given. */
  readonly key: string | undefined;
  /** Keys made for this run that have one role each, by role. */
  readonly keysByRole: ReadonlyMap<string, string>;
  /** Key made for this run without any role; absent where the gateway asks for none. */
  readonly keyWithoutRoles: string | undefined;
  readonly document: GatewayDocument;
}

/**
 * A synthesized platform, running as processes of this machine. They are children of this process, in its process
 * group: they end with {@link stop}, when this process exits, and by the terminal's Ctrl-C. Only a SIGKILL of this
 * process alone leaves them running, and its folder below the system's temporary one.
 */
export class LocalPlatform {
  private readonly directory = new WorkDirectory();
  private readonly access = new GatewayAccess();
  private readonly identity = new LocalIdentity();
  private readonly ending = new AbortController();
  private readonly dispatcher = createDispatcher(undefined, {});
  private readonly hosts: HostsFile;
  private readonly logs: LogStream;
  private readonly running: RunningSet;
  private readonly notices: string[] = [];
  private readonly onExit = () => this.endAtOnce();
  private state: DesiredState | undefined;
  private unwatch: (() => Promise<void>) | undefined;
  private stopped: Promise<void> | undefined;
  private fail: (error: DevError) => void = () => undefined;

  /** Resolves with the error of a runtime that served before and cannot go on; pending otherwise. */
  public readonly failure = new Promise<DevError>((resolve) => (this.fail = resolve));

  private constructor(private readonly options: LocalPlatformOptions) {
    this.hosts = new HostsFile(this.directory.hostsFile);
    this.logs = new LogStream(this.directory.logs, options.terminal ?? processTerminal(), options.quiet ?? false);
    const host = {
      runtimes: options.runtimes,
      podsDirectory: this.directory.pods,
      hostsFile: this.hosts.path,
      logs: this.logs,
      fetch: createFetch(this.dispatcher),
      onChange: () => this.onChange(),
    };
    this.running = new RunningSet({
      host,
      ports: new GatewayPorts(options.port ?? DEFAULT_PORT, (text) => this.notices.push(text)),
      readyTimeoutMs: options.readyTimeoutMs ?? DEFAULT_READY_TIMEOUT_MS,
      signal: this.ending.signal,
      onNotice: (text) => this.tell(text),
    });
    process.once('exit', this.onExit);
  }

  /**
   * Starts the platform, and resolves when every workload is ready.
   *
   * @throws DevError for wrong manifests or options, RefusedError for a refused document; nothing is left running then
   */
  public static async start(options: LocalPlatformOptions): Promise<LocalPlatform> {
    refuseUnusableRuntimes(options.runtimes);
    const platform = new LocalPlatform(options);
    const onAbort = () => {
      platform.ending.abort(options.signal?.reason);
      // At once: a process that the terminal has ended already must not be started again.
      void platform.stop();
    };
    options.signal?.addEventListener('abort', onAbort);
    try {
      options.signal?.throwIfAborted();
      await platform.begin();
    } catch (error) {
      await platform.stop();
      throw error;
    } finally {
      options.signal?.removeEventListener('abort', onAbort);
    }
    return platform;
  }

  /** Folder with one `<deployment>.log` per Deployment. */
  public get logsDirectory(): string {
    return this.directory.logs;
  }

  /** What runs. */
  public get workloads(): LocalWorkload[] {
    return this.running.deployments.map(({ workload, urls, pids }) => {
      const { kind, name, namespace, replicas, mounts } = workload;
      const empty = mounts.filter(({ source }) => source.type === 'empty' && source.wanted);
      return { kind, name, namespace, replicas, urls, pids, emptyVolumes: empty.map(({ volume }) => volume) };
    });
  }

  /** The gateways that run, with what a client needs. */
  public get gateways(): LocalGateway[] {
    return this.running.deployments.flatMap(({ workload, urls }) => {
      const document = gatewayDocumentOf(workload);
      const [url] = urls;
      if (document === undefined || url === undefined) return [];
      const { name, namespace } = workload;
      const key = this.access.credentialOf(workload);
      const keysByRole = this.access.keysByRole(workload);
      const keyWithoutRoles = this.access.keyWithoutRoles(workload);
      return [{ name, namespace, url, key, keysByRole, keyWithoutRoles, document }];
    });
  }

  /** Workloads that lack a Secret. */
  public get notStarted(): readonly NotStarted[] {
    return this.state?.notStarted ?? [];
  }

  /** What the manifests ask for and this machine does not enforce. */
  public get notEnforced(): string[] {
    if (this.state === undefined) return [];
    const { manifests, workloads } = this.state;
    const layers = this.running.deployments.flatMap(({ workload: { name }, inactiveLayers }) =>
      inactiveLayers.length === 0 ? [] : [`isolation of tools by the kernel (${inactiveLayers.join(', ')}): ${name}`],
    );
    return [...layers, ...notEnforced(manifests, new Map(workloads.map(({ key, replicas }) => [key, replicas])))];
  }

  /** What differs from what was asked for, for example another port. */
  public get remarks(): readonly string[] {
    return this.notices;
  }

  /** Ends every process and removes all files; resolves when that is done. */
  public stop(): Promise<void> {
    this.stopped ??= this.end();
    return this.stopped;
  }

  private async begin(): Promise<void> {
    this.state = await this.readState();
    this.state.refuseUnusedSubstitutes();
    const { workloads, notStarted } = this.state;
    if (workloads.length === 0) throw new DevError(notStarted.flatMap(notStartedLines).join('\n'));
    await this.running.start(workloads);
    if (this.options.watch === true) {
      this.unwatch = await watchManifests(this.options.manifestsDirectory, () => this.reload());
      // What changed between the first reading and the watch is not told by it.
      await this.reload();
    }
  }

  private readState(): Promise<DesiredState> {
    return desiredState(this.options.manifestsDirectory, this.options, this.directory.logs, this.access, this.identity);
  }

  private async reload(): Promise<void> {
    if (this.ending.signal.aborted) return;
    try {
      const state = await this.readState();
      this.state = state;
      for (const line of state.notStarted.flatMap(notStartedLines)) this.tell(line);
      await this.running.apply(state.workloads);
      this.onChange();
    } catch (error) {
      // `cdk8s synth` removes the folder before it runs the program that fills it.
      if (error instanceof NoManifestsError) this.tell('there are no manifests at the moment; what runs goes on');
      else this.tell(`the manifests were not taken over: ${(error as Error).message}`);
    }
  }

  private onChange(): void {
    if (this.stopped !== undefined) return;
    this.hosts.write(hostMap(this.state?.manifests.services ?? [], this.running.endpoints));
    const { refusal } = this.running;
    if (refusal !== undefined) this.fail(refusal);
  }

  private tell(text: string): void {
    for (const line of text.split('\n')) this.logs.notice('agentyard', line);
  }

  private async end(): Promise<void> {
    this.ending.abort(new DevError('the platform was stopped'));
    await this.unwatch?.();
    await this.running.stop();
    await this.logs.close();
    await this.dispatcher.destroy();
    this.directory.remove();
    process.removeListener('exit', this.onExit);
  }

  /** For a process that ends without {@link stop}: no orphans, no secrets left. */
  private endAtOnce(): void {
    this.running.kill();
    this.directory.remove();
  }
}

/** Says of a workload that it was not started, and why. */
export function notStartedLines({ workload, reasons }: NotStarted): string[] {
  return reasons.map((reason) => `the ${workload.kind} ${workload.name} was not started: ${reason}`);
}
