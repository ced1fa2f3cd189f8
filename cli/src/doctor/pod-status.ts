import { z } from 'zod';
import { DoctorError } from './doctor-error.js';

const containerStatus = z.object({
  name: z.string(),
  state: z
    .object({
      waiting: z.object({ reason: z.string().optional(), message: z.string().optional() }).optional(),
      terminated: z.object({ exitCode: z.number(), message: z.string().optional() }).optional(),
    })
    .optional(),
});

const podSchema = z.object({
  spec: z.object({ nodeName: z.string().optional() }),
  status: z.object({
    phase: z.string().default('Pending'),
    reason: z.string().optional(),
    message: z.string().optional(),
    podIPs: z.array(z.object({ ip: z.string() })).default([]),
    conditions: z.array(z.object({ type: z.string(), status: z.string(), message: z.string().optional() })).default([]),
    initContainerStatuses: z.array(containerStatus).default([]),
    containerStatuses: z.array(containerStatus).default([]),
  }),
});

type ContainerStatus = z.output<typeof containerStatus>;

/** A container that has ended. */
export interface Ended {
  readonly exitCode: number;
  readonly message: string;
}

/** What the API server knows of a pod: no log is read, which not everybody may and which needs the node's answer. */
export class PodStatus {
  private readonly pod: z.output<typeof podSchema>;

  public constructor(pod: unknown) {
    const parsed = podSchema.safeParse(pod);
    if (!parsed.success) throw new DoctorError('the API server gives a pod that is not understood');
    this.pod = parsed.data;
  }

  /** Addresses of a running pod, one a family; empty before. */
  public get addresses(): string[] {
    if (this.pod.status.phase !== 'Running') return [];
    return this.pod.status.podIPs.map(({ ip }) => ip);
  }

  public get nodeName(): string {
    return this.pod.spec.nodeName ?? 'no node';
  }

  /** How a container has ended; undefined if it has not. */
  public ended(container: string): Ended | undefined {
    const terminated = this.containers.find(({ name }) => name === container)?.state?.terminated;
    return terminated && { exitCode: terminated.exitCode, message: terminated.message ?? '' };
  }

  /** Why the pod will never get on, if so. */
  public get failure(): string | undefined {
    const { phase, reason = 'Failed', message = '' } = this.pod.status;
    return phase === 'Failed' ? `the pod has failed (${reason}) ${message}`.trim() : undefined;
  }

  /** What keeps the pod from getting on, if that is known: an image that cannot be had, or no node that has room. */
  public get obstacle(): string | undefined {
    const waiting = this.containers.find(({ state }) => state?.waiting?.message !== undefined)?.state?.waiting;
    if (waiting !== undefined) return `${waiting.reason ?? 'Waiting'}: ${waiting.message}`;
    const { conditions } = this.pod.status;
    return conditions.find(({ type, status }) => type === 'PodScheduled' && status === 'False')?.message;
  }

  public get phase(): string {
    return this.pod.status.phase;
  }

  private get containers(): readonly ContainerStatus[] {
    return [...this.pod.status.initContainerStatuses, ...this.pod.status.containerStatuses];
  }
}
