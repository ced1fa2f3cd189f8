import { ContractError, type TrustDocument } from 'agentyard/contract';
import { refreshTrust, type TrustCluster, type TrustReport } from '@agentyard/runtime-kit';
import { DevError } from '../dev/dev-error.js';
import { Manifests } from '../dev/manifests.js';
import type { Terminal } from '../dev/terminal.js';
import { orTold } from '../evaluated/told.js';
import type { Kubectl } from '../kubectl/kubectl.js';
import { KubectlTrustCluster } from './kubectl-trust-cluster.js';
import { TRUST_USE } from './kubectl-use.js';
import { tellOfTrust } from './told-trust.js';
import { trustDocuments } from './trust-documents.js';
import { UnwrittenCluster } from './unwritten-cluster.js';

export interface TrustOptions {
  /** Folder of the manifests. */
  readonly manifests: string;
  /** Whether to say what would be done, and write nothing. */
  readonly print?: boolean;
}

/** Brings trust bundles and signing keys up to date, and says what was done. @returns the exit code */
export function runTrust(
  { manifests: directory, print = false }: TrustOptions,
  kubectl: Kubectl,
  terminal: Terminal,
  clock: () => number = Date.now,
): Promise<number> {
  return orTold(terminal, async () => {
    const documents = trustDocuments(await Manifests.load(directory), directory);
    const written = new KubectlTrustCluster(kubectl, TRUST_USE.fieldManager);
    const cluster = print ? new UnwrittenCluster(written) : written;
    const context = await kubectl.context();
    let isDone = true;
    for (const document of documents) {
      terminal.out(`${document.namespace}/${document.name}, in the cluster of context ${context}:\n`);
      const report = await refreshed(document, cluster, clock);
      tellOfTrust(report, print, terminal);
      isDone &&= report.faults.length === 0;
    }
    return isDone ? 0 : 1;
  });
}

async function refreshed(document: TrustDocument, cluster: TrustCluster, clock: () => number): Promise<TrustReport> {
  try {
    return await refreshTrust(document, cluster, clock);
  } catch (error) {
    if (!(error instanceof ContractError)) throw error;
    throw new DevError(`${error.message}\nsynthesize the manifests again`);
  }
}
