import { randomBytes } from 'node:crypto';

/** Namespace that is made if none is given. */
export const OWN_NAMESPACE = 'agentyard-doctor';

const ROLE_LABEL = 'agentyard.dev/doctor';
const RUN_LABEL = 'agentyard.dev/doctor-run';

/** What a pod of the probe is for. */
export type Role = 'listener' | 'caller';

/** Where one run of the probe takes place, and how its objects are told from all others. */
export class ProbeScope {
  /** Namespace of the probe. */
  public readonly namespace: string;
  /** Whether the namespace is made for the probe, and removed with it. */
  public readonly ownsNamespace: boolean;
  private readonly run: string;

  public constructor(namespace: string | undefined, run = randomBytes(4).toString('hex')) {
    this.namespace = namespace ?? OWN_NAMESPACE;
    this.ownsNamespace = namespace === undefined;
    this.run = run;
  }

  /** Labels of everything that this run makes. */
  public get labels(): Record<string, string> {
    return { 'app.kubernetes.io/name': 'agentyard-doctor', [RUN_LABEL]: this.run };
  }

  /** Labels of pods, by which policies select them. `nobody` is no pod. */
  public podLabels(role: Role | 'nobody'): Record<string, string> {
    return { ...this.labels, [ROLE_LABEL]: role };
  }

  /** What selects all that this run has made, and nothing else. */
  public get selector(): string {
    return `${RUN_LABEL}=${this.run}`;
  }

  /** What selects the pods of a role. */
  public podSelector(role: Role): string {
    return `${this.selector},${ROLE_LABEL}=${role}`;
  }

  /** What selects the pod of the Job that calls in a direction. */
  public jobSelector(direction: string): string {
    return `${this.selector},batch.kubernetes.io/job-name=agentyard-doctor-caller-${direction}`;
  }

  public metadata(name: string) {
    return { name, namespace: this.namespace, labels: this.labels };
  }
}
