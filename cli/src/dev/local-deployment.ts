import { EventEmitter, once } from 'node:events';
import path from 'node:path';
import { LOCAL_OVERLAY_VARIABLE } from '@agentyard/runtime-kit';
import type { Fault } from 'agentyard/contract';
import { DevError } from './dev-error.js';
import type { ReplicaPorts } from './gateway-ports.js';
import { localEnvironment } from './local-environment.js';
import type { LogStream } from './log-stream.js';
import { PodDirectory } from './pod-directory.js';
import { Replica } from './replica.js';
import type { RuntimeMains } from './runtimes.js';
import type { LocalPod } from './service-map.js';
import type { Workload } from './workload.js';

/** What all Deployments of a platform share. */
export interface DeploymentHost {
  readonly runtimes: RuntimeMains;
  /** Folder that pods get their own folders in. */
  readonly podsDirectory: string;
  readonly hostsFile: string;
  readonly logs: LogStream;
  readonly fetch: typeof fetch;
  /** Called when a replica's address, readiness or refusal has changed. */
  onChange(): void;
}

/** Thrown when a runtime exits because it refuses its document. */
export class RefusedError extends DevError {
  public constructor(workload: Pick<Workload, 'kind' | 'name'>, faults: readonly Fault[]) {
    const lines = faults.map(({ path: where, message }) => `\n  ${where}: ${message}`).join('');
    super(`the ${workload.kind} ${workload.name} refuses to start${lines || '; its log says why'}`);
    this.name = 'RefusedError';
  }
}

/** After this long it is said what a start waits for. */
const PATIENCE_MS = 5_000;

/** The replicas of one version of a workload. */
export class LocalDeployment {
  private readonly pods: {
    readonly directory: PodDirectory;
    readonly replica: Replica;
    readonly ports: ReplicaPorts;
  }[];
  private readonly changes = new EventEmitter();
  private current: Workload;

  /**
   * @param version tells the folders of versions apart
   * @param ports ports of each replica
   */
  public constructor(
    workload: Workload,
    private readonly host: DeploymentHost,
    version: number,
    public readonly ports: readonly ReplicaPorts[],
  ) {
    this.current = workload;
    this.pods = ports.map((own, index) => this.createPod(version, index, own));
  }

  /** The workload as it is served now. */
  public get workload(): Workload {
    return this.current;
  }

  /** Its pods, as Services see them. */
  public get endpoints(): LocalPod[] {
    const { namespace, labels, ports } = this.current;
    return this.pods.map(({ replica, ports: { peerPort } }) => ({
      namespace,
      labels,
      ports,
      address: replica.address,
      peerAddress: peerPort === undefined ? undefined : `127.0.0.1:${peerPort}`,
      ready: replica.ready,
    }));
  }

  /** Addresses of its ready replicas, as URLs. */
  public get urls(): string[] {
    return this.endpoints.flatMap(({ address, ready }) =>
      address === undefined || !ready ? [] : [`http://${address}`],
    );
  }

  /** Process ids of its replicas. */
  public get pids(): number[] {
    return this.pods.flatMap(({ replica }) => replica.pid ?? []);
  }

  /** Layers of the kernel that do not confine its tools here. */
  public get inactiveLayers(): string[] {
    return [...new Set(this.pods.flatMap(({ replica }) => replica.inactiveLayers))];
  }

  /** The refusal of one of its replicas, if there was one. */
  public get refusal(): RefusedError | undefined {
    const faults = this.pods.map(({ replica }) => replica.faults).find((found) => found !== undefined);
    return faults === undefined ? undefined : new RefusedError(this.current, faults);
  }

  /** Starts the replicas. */
  public start(): void {
    for (const { replica } of this.pods) replica.start();
  }

  /**
   * Resolves when every replica is ready.
   *
   * @throws RefusedError when the document is refused, DevError with the reasons after `timeoutMs`, the signal's reason
   */
  public async ready(timeoutMs: number, signal: AbortSignal): Promise<void> {
    const timeout = AbortSignal.timeout(timeoutMs);
    const patience = setTimeout(() => this.tellWhatKeepsIt(), Math.min(PATIENCE_MS, timeoutMs / 2));
    try {
      while (!this.pods.every(({ replica }) => replica.ready)) {
        signal.throwIfAborted();
        if (this.refusal !== undefined) throw this.refusal;
        if (timeout.aborted) throw this.notReadyError(timeoutMs);
        await once(this.changes, 'change', { signal: AbortSignal.any([timeout, signal]) }).catch(() => undefined);
      }
    } finally {
      clearTimeout(patience);
    }
  }

  /** Rewrites the files of its volumes in place. @returns whether any changed */
  public update(workload: Workload): boolean {
    this.current = workload;
    return this.pods.map(({ directory }) => directory.write(workload)).includes(true);
  }

  /** Ends the replicas; resolves when their processes are gone. */
  public async stop(): Promise<void> {
    await Promise.all(this.pods.map(({ replica }) => replica.stop()));
  }

  /** Kills the replicas at once. */
  public kill(): void {
    for (const { replica } of this.pods) replica.kill();
  }

  private createPod(version: number, index: number, ports: ReplicaPorts) {
    const { kind, name, namespace } = this.current;
    const { podsDirectory, hostsFile, logs, runtimes } = this.host;
    const podName = `${name}-${index}`;
    const label = this.current.replicas > 1 ? podName : name;
    const directory = new PodDirectory(
      path.join(podsDirectory, `${namespace}.${podName}.${version}`),
      hostsFile,
      ports,
    );
    directory.write(this.current);
    const replica = new Replica({
      main: runtimes[kind],
      directory: directory.root,
      environment: this.environmentOf(podName, directory),
      fetch: this.host.fetch,
      onLine: (text) => logs.line(name, label, text),
      onNotice: (text) => logs.notice(label, text),
      onChange: () => {
        this.changes.emit('change');
        this.host.onChange();
      },
    });
    return { directory, replica, ports };
  }

  private environmentOf(podName: string, directory: PodDirectory): Record<string, string> {
    const pod = this.current.environmentOf(podName);
    const environment = localEnvironment(pod, process.env, (path) => directory.localPath(path, this.current));
    return { ...environment, [LOCAL_OVERLAY_VARIABLE]: directory.overlayFile };
  }

  private notReadyError(timeoutMs: number): DevError {
    const { kind, name } = this.current;
    return new DevError(`the ${kind} ${name} is not ready after ${timeoutMs / 1000} s: ${this.notReadyReasons}`);
  }

  private get notReadyReasons(): string {
    return [...new Set(this.pods.flatMap(({ replica }) => replica.notReadyReasons))].join('; ');
  }

  private tellWhatKeepsIt(): void {
    this.host.logs.notice(this.current.name, `waiting until it is ready: ${this.notReadyReasons}`);
  }
}
