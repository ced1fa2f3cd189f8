import {
  containerSecurityContext,
  isolatedPod,
  noDns,
  podSecurityContext,
  type SecuritySettings,
} from '../hardening/pod-security';
import { CONTAINER } from './container';
import { objectLabels, type Runtime } from './labels';
import type { MountedVolume } from './volumes';

/** Longest name of a CronJob: its Jobs add eleven characters and are names of pods. */
export const LONGEST_CRON_JOB_NAME = 52;

/** What the pods of a job follow from. */
export interface JobPod {
  readonly runtime: Runtime;
  readonly name: string;
  readonly image: string;
  readonly args: readonly string[];
  readonly env: readonly Readonly<Record<string, unknown>>[];
  readonly volumes: readonly MountedVolume[];
  readonly resources: Readonly<Record<string, unknown>>;
  readonly security: SecuritySettings;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly imagePullSecrets: readonly string[];
  /** Whether the pod may resolve names. */
  readonly dns: boolean;
  /** Whether the pod gets its ServiceAccount's token. */
  readonly token: boolean;
}

/** How long a job may take, and how often it is tried again. */
interface Patience {
  readonly deadlineSeconds: number;
  readonly retries: number;
}

/** What it needs may still be on its way: on a fresh cluster, operators and databases are. */
const ONCE: Patience = { deadlineSeconds: 1800, retries: 12 };
/** The next turn comes soon. */
const EACH_TURN: Patience = { deadlineSeconds: 240, retries: 6 };
/** How long a job that has ended is kept, so that its log can be read. */
const KEPT_SECONDS = 3600;

/** The spec of a Job: tried again while it fails, and gone some time after it has ended. */
export function jobSpec(pod: JobPod) {
  return { ...jobBody(pod, ONCE), ttlSecondsAfterFinished: KEPT_SECONDS };
}

/** The spec of a CronJob that runs one Job at a time. @param schedule five fields, in UTC */
export function cronJobSpec(schedule: string, pod: JobPod) {
  return {
    schedule,
    timeZone: 'Etc/UTC',
    concurrencyPolicy: 'Forbid',
    startingDeadlineSeconds: EACH_TURN.deadlineSeconds,
    successfulJobsHistoryLimit: 1,
    failedJobsHistoryLimit: 3,
    jobTemplate: { metadata: { labels: objectLabels(pod.runtime, pod.name) }, spec: jobBody(pod, EACH_TURN) },
  };
}

function jobBody(pod: JobPod, { deadlineSeconds, retries }: Patience) {
  return { backoffLimit: retries, activeDeadlineSeconds: deadlineSeconds, template: jobPodTemplate(pod) };
}

function jobPodTemplate(pod: JobPod) {
  return {
    metadata: {
      labels: { ...pod.labels, ...objectLabels(pod.runtime, pod.name) },
      annotations: Object.keys(pod.annotations).length > 0 ? pod.annotations : undefined,
    },
    spec: {
      ...isolatedPod(pod.token, pod.security),
      ...(pod.dns ? {} : noDns()),
      restartPolicy: 'OnFailure',
      serviceAccountName: pod.name,
      securityContext: podSecurityContext(pod.security),
      imagePullSecrets: pod.imagePullSecrets.length > 0 ? pod.imagePullSecrets.map((name) => ({ name })) : undefined,
      containers: [jobContainer(pod)],
      volumes: pod.volumes.map(({ name, source }) => ({ name, ...source })),
    },
  };
}

function jobContainer(pod: JobPod) {
  return {
    name: CONTAINER,
    image: pod.image,
    args: pod.args,
    env: pod.env,
    resources: pod.resources,
    securityContext: containerSecurityContext(pod.security),
    volumeMounts: pod.volumes.map(({ name, mountPath, readOnly }) => ({ name, mountPath, readOnly })),
  };
}
