import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { DevError } from '../dev/dev-error.js';
import { KubectlError } from '../kubectl/kubectl-error.js';
import type { Kubectl } from '../kubectl/kubectl.js';
import { DoctorError } from './doctor-error.js';
import { observationOf, type Observation } from './observation.js';
import type { DoctorOptions } from './options.js';
import { PodStatus } from './pod-status.js';
import { probeNamespace, probeSurroundings, type ProbePods } from './probe-objects.js';
import { networkPolicy } from './probe-policy.js';
import type { ProbeScope } from './probe-scope.js';
import { probeSteps, type Direction, type ProbeStep, type StepId } from './probe-step.js';

const POLL_MS = 500;

/** What was seen of one direction: the steps that were taken, and why the others were not. */
export interface Observations {
  readonly seen: ReadonlyMap<StepId, Observation>;
  readonly stopped?: string;
}

/** The probe in the cluster: one pod that listens, and a Job a direction that calls it under one policy after the other. */
export class Probe {
  private policyApplied = false;
  private madeSomething = false;

  public constructor(
    private readonly kubectl: Kubectl,
    private readonly scope: ProbeScope,
    private readonly options: DoctorOptions,
    /** Is told what goes on. */
    private readonly progress: (text: string) => void,
    /** Ends all waiting. */
    private readonly signal: AbortSignal,
  ) {}

  /** Whether something of it may be in the cluster. */
  public get leavesRemains(): boolean {
    return this.madeSomething;
  }

  /** Makes the namespace, if it is the probe's own, and what pods need in it. */
  public async prepare(): Promise<void> {
    if (this.scope.ownsNamespace) await this.create(probeNamespace(this.scope));
    for (const object of probeSurroundings(this.scope, this.options)) await this.create(object);
  }

  /** Starts the pod that is called. @returns its addresses */
  public async listen(pods: ProbePods): Promise<readonly string[]> {
    await this.create(pods.listener());
    const pod = await this.untilPod(this.scope.podSelector('listener'), 'listener', (status) =>
      status.addresses.length > 0 ? status : undefined,
    );
    this.progress(`the listener runs on ${pod.nodeName} as ${pod.addresses.join(' and ')}`);
    return pod.addresses;
  }

  /** Looks from a caller at the listener, under one policy after the other. */
  public async observe(direction: Direction, pods: ProbePods, addresses: readonly string[]): Promise<Observations> {
    const steps = probeSteps(direction, this.scope, this.options.dns);
    const seen = new Map<StepId, Observation>();
    try {
      await this.lift();
      await this.create(pods.caller(direction, steps, addresses));
      for (const step of steps) {
        await this.enforce(direction, step);
        const observation = await this.observation(direction, step, performance.now());
        seen.set(step.id, observation);
        this.progress(`${direction}, ${step.id}: ${observation.met ? 'as it must be' : observation.amiss.join(', ')}`);
        const futile = futileAfter(direction, step, observation);
        if (futile !== undefined) return { seen, stopped: futile };
      }
      return { seen };
    } catch (error) {
      if (!(error instanceof DevError)) throw error;
      return { seen, stopped: error.message };
    }
  }

  /** @param since when its policy was applied: the caller does not wait for a slow kubectl, and must not blame the network */
  private async observation(direction: Direction, { id }: ProbeStep, since: number): Promise<Observation> {
    const selector = this.scope.jobSelector(direction);
    const ended = await this.untilPod(selector, `${direction} caller`, (status) => status.ended(id));
    const observation = observationOf(id, ended);
    const enough = (this.options.settle * 1_000) / 2;
    if (observation.met || performance.now() - since >= enough) return observation;
    throw new DoctorError(`the policy of ${direction}, ${id} was there too late to be judged; give a longer --settle`);
  }

  private async enforce(direction: Direction, { rules }: ProbeStep): Promise<void> {
    if (rules === undefined) return this.lift();
    this.policyApplied = true;
    await this.kubectl.apply(networkPolicy(this.scope, direction, rules));
  }

  private async lift(): Promise<void> {
    if (!this.policyApplied) return;
    const { namespace, selector } = this.scope;
    await this.kubectl.request(['delete', 'networkpolicies', '--namespace', namespace, '--selector', selector]);
    this.policyApplied = false;
  }

  private async create(object: object): Promise<void> {
    if (this.signal.aborted) throw new DoctorError(this.late);
    try {
      await this.kubectl.create(object);
      this.madeSomething = true;
    } catch (error) {
      // Without an answer of the API server nobody knows whether it was made.
      if (!(error instanceof KubectlError) || error.reason === '') this.madeSomething = true;
      throw error;
    }
  }

  private get late(): string {
    return `not done after ${this.options.timeout} s (--timeout)`;
  }

  /** Asks for the pod until it has what is looked for. @throws DoctorError when it never will, or not in time */
  private async untilPod<T>(selector: string, name: string, look: (pod: PodStatus) => T | undefined): Promise<T> {
    let state = 'no pod was made; its Job or its events say why';
    while (!this.signal.aborted) {
      const [found] = await this.kubectl.list('pods', this.scope.namespace, selector);
      const pod = found === undefined ? undefined : new PodStatus(found);
      const result = pod && look(pod);
      if (result !== undefined) return result;
      if (pod?.failure !== undefined) throw new DoctorError(`${name}: ${pod.failure}`);
      if (pod?.obstacle !== undefined && pod.obstacle !== state) this.progress(`${name}: ${pod.obstacle}`);
      if (pod !== undefined) state = pod.obstacle ?? `the pod is ${pod.phase}`;
      await sleep(POLL_MS, undefined, { signal: this.signal }).catch(() => undefined);
    }
    throw new DoctorError(`${name}: ${this.late}: ${state}`);
  }
}

/** Why going on after a step would show nothing. */
function futileAfter(direction: Direction, { id }: ProbeStep, { met, amiss }: Observation): string | undefined {
  if (met) return undefined;
  if (id === 'before') return `without any policy of the probe, ${amiss.join(', ')}`;
  return id === 'deny' ? `not tried, since a policy that denies ${direction} has no effect` : undefined;
}
