import type { GatewayPorts } from './gateway-ports.js';
import { LocalDeployment, type DeploymentHost, type RefusedError } from './local-deployment.js';
import type { LocalPod } from './service-map.js';
import type { Workload } from './workload.js';

export interface RunningSetOptions {
  readonly host: DeploymentHost;
  readonly ports: GatewayPorts;
  /** How long replicas may take to become ready, in milliseconds. */
  readonly readyTimeoutMs: number;
  /** Aborted when the platform ends: nothing is started any more. */
  readonly signal: AbortSignal;
  /** Told what was started, replaced or stopped because of a change. */
  onNotice(text: string): void;
}

/** The Deployments that run. */
export class RunningSet {
  private readonly running = new Map<string, LocalDeployment>();
  /** Keys of the workloads that were asked for last. */
  private order: readonly string[] = [];
  /** Started, and not ready yet. */
  private readonly pending = new Set<LocalDeployment>();
  /** Serving no more, and not gone yet. */
  private readonly retiring = new Set<LocalDeployment>();
  private versions = 0;

  public constructor(private readonly options: RunningSetOptions) {}

  /** The Deployments that serve, in the order of the manifests and not of their becoming ready. */
  public get deployments(): LocalDeployment[] {
    const place = ({ workload }: LocalDeployment) => this.order.indexOf(workload.key);
    return [...this.running.values()].sort((a, b) => place(a) - place(b));
  }

  /** Pods of all Deployments, ready or not. */
  public get endpoints(): LocalPod[] {
    return [...this.running.values(), ...this.pending].flatMap((deployment) => deployment.endpoints);
  }

  /** The refusal of a Deployment that has served before. */
  public get refusal(): RefusedError | undefined {
    return this.deployments.map(({ refusal }) => refusal).find((found) => found !== undefined);
  }

  /**
   * Starts the workloads, and resolves when all are ready.
   *
   * @throws RefusedError, DevError when one does not become ready; the others run on until {@link stop}
   */
  public async start(workloads: readonly Workload[]): Promise<void> {
    this.order = workloads.map(({ key }) => key);
    for (const workload of workloads) await this.options.ports.portsOf(workload);
    await Promise.all(workloads.map((workload) => this.launch(workload)));
  }

  /** Makes the workloads run as they are now: starts, replaces, rewrites and stops what has changed. Tells failures as notices. */
  public async apply(workloads: readonly Workload[]): Promise<void> {
    this.order = workloads.map(({ key }) => key);
    for (const workload of workloads) await this.options.ports.portsOf(workload);
    const wanted = new Set(this.order);
    const removals = this.deployments
      .filter(({ workload }) => !wanted.has(workload.key))
      .map((deployment) => this.remove(deployment));
    const settlements = workloads.map((workload) =>
      this.settle(workload).catch((error: Error) => this.tellFailure(error)),
    );
    await Promise.all([...removals, ...settlements]);
  }

  /** Ends all; resolves when no process is left. */
  public async stop(): Promise<void> {
    await Promise.all(this.all.map((deployment) => deployment.stop()));
    this.running.clear();
    this.pending.clear();
    this.retiring.clear();
  }

  /** Kills all at once. */
  public kill(): void {
    for (const deployment of this.all) deployment.kill();
  }

  private get all(): LocalDeployment[] {
    return [...this.running.values(), ...this.pending, ...this.retiring];
  }

  private async settle(workload: Workload): Promise<void> {
    const current = this.running.get(workload.key);
    if (current === undefined) {
      await this.launch(workload);
      this.options.onNotice(`${workload.name} was started`);
    } else if (current.workload.fingerprint !== workload.fingerprint) {
      await this.replace(current, workload);
      this.options.onNotice(`${workload.name} was replaced: its pods have changed`);
    } else if (current.update(workload)) {
      this.options.onNotice(`${workload.name} has new files and loads them itself`);
    }
  }

  /** As a rolling update does: the old pods serve until the new ones are ready. A gateway's port allows for one at a time. */
  private async replace(current: LocalDeployment, workload: Workload): Promise<void> {
    if (workload.kind === 'gateway') {
      this.running.delete(workload.key);
      this.options.host.onChange();
      await this.retire(current);
      await this.launch(workload);
      return;
    }
    await this.launch(workload);
    await this.retire(current);
  }

  private async launch(workload: Workload): Promise<void> {
    const ports = await this.options.ports.portsOf(workload);
    this.options.signal.throwIfAborted();
    const deployment = new LocalDeployment(workload, this.options.host, ++this.versions, ports);
    this.pending.add(deployment);
    deployment.start();
    try {
      await deployment.ready(this.options.readyTimeoutMs, this.options.signal);
    } catch (error) {
      this.pending.delete(deployment);
      await this.retire(deployment);
      throw error;
    }
    this.pending.delete(deployment);
    this.running.set(workload.key, deployment);
    this.options.host.onChange();
  }

  private async remove(deployment: LocalDeployment): Promise<void> {
    this.running.delete(deployment.workload.key);
    this.options.host.onChange();
    await this.retire(deployment);
    this.options.onNotice(`${deployment.workload.name} was stopped`);
  }

  private async retire(deployment: LocalDeployment): Promise<void> {
    this.retiring.add(deployment);
    await deployment.stop();
    this.retiring.delete(deployment);
  }

  private tellFailure(error: Error): void {
    if (this.options.signal.aborted) return;
    this.options.onNotice(`${error.message}\nwhat ran before runs on; correct it and synthesize again`);
  }
}
