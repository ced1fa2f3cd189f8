import { trustDocument } from 'agentyard/contract';
import {
  ApiServer,
  refreshTrust,
  titleOf,
  type Logger,
  type TrustCluster,
  type TrustReport,
} from '@agentyard/runtime-kit';
import type { Job, JobContext } from '../job.js';
import { ApiTrustCluster } from './api-trust-cluster.js';

/** Longest time of a run. It has to be far shorter than the time for which keys without an owner stay published. */
const DEADLINE_MS = 60_000;

/** The job that keeps trust bundles and signing keys. */
export const trustJob: Job<typeof trustDocument> = {
  name: 'trust',
  definition: trustDocument,
  deadlineMs: DEADLINE_MS,
  run: async (context) => keepTrust(context, new ApiTrustCluster(ApiServer.ofPod())),
};

/** Brings trust bundles and signing keys up to date, and logs what has changed. @returns whether all was done */
export async function keepTrust(
  { document, log }: JobContext<typeof trustDocument>,
  cluster: TrustCluster,
): Promise<boolean> {
  const report = await refreshTrust(document, cluster);
  logSteps(report, log);
  logFaults(report, log);
  return report.faults.length === 0;
}

function logSteps({ steps }: TrustReport, log: Logger): void {
  for (const step of steps) {
    if (step.event === 'cluster-key-ignored') {
      log.warn(step, 'a key of the API server cannot be used');
      continue;
    }
    const fields = { ...step, object: titleOf(step.object) };
    if (step.event === 'bundle-written' && step.broken !== undefined) {
      log.warn(fields, 'trust bundle replaced, which could not be read');
    } else {
      log.info(fields, DONE[step.event]);
    }
  }
}

const DONE = {
  'bundle-written': 'trust bundle written',
  'key-made': 'signing key made',
  'keys-removed': 'signing keys removed, which no claim needs any more',
} as const;

function logFaults({ faults }: TrustReport, log: Logger): void {
  for (const { object, message, remedy } of faults) {
    const place = object === undefined ? {} : { object: titleOf(object) };
    log.error({ event: 'fault', ...place, reason: message, remedy }, 'not done');
  }
}
