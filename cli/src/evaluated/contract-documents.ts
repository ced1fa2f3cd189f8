import {
  agentDocument,
  ContractError,
  egressProxyDocument,
  gatewayDocument,
  parseDocument,
  toolsetDocument,
  type AgentDocument,
  type EgressProxyDocument,
  type GatewayDocument,
  type ToolsetDocument,
} from 'agentyard/contract';
import type { KubernetesObject, Workload } from 'agentyard/reachability';
import { DevError } from '../dev/dev-error.js';

/** The document of a runtime, by what the label of its pods calls the runtime. */
export type WorkloadDocument =
  | { readonly runtime: 'agent'; readonly document: AgentDocument }
  | { readonly runtime: 'gateway'; readonly document: GatewayDocument }
  | { readonly runtime: 'sandbox'; readonly document: ToolsetDocument }
  | { readonly runtime: 'egress-proxy'; readonly document: EgressProxyDocument };

/** The label by which runtimes are known. */
const RUNTIME_LABEL = 'agentyard.dev/runtime';

const FILES: Readonly<Record<WorkloadDocument['runtime'], string>> = {
  agent: agentDocument.file,
  gateway: gatewayDocument.file,
  sandbox: toolsetDocument.file,
  'egress-proxy': egressProxyDocument.file,
};

/** What is told to the runtimes in workloads. */
export class ContractDocuments {
  private readonly found: ReadonlyMap<Workload, WorkloadDocument>;
  /** Where they stand: `namespace/ConfigMap/file`. */
  private readonly entries: ReadonlySet<string>;

  /** @throws DevError if the document of a runtime is missing or wrong */
  public constructor(objects: readonly KubernetesObject[], workloads: readonly Workload[]) {
    const texts = new Map(
      objects
        .filter(({ kind }) => kind === 'ConfigMap')
        .map(({ metadata, data }): [string, Readonly<Record<string, string>>] => [
          `${metadata?.namespace as string}/${metadata?.name as string}`,
          (data ?? {}) as Record<string, string>,
        ]),
    );
    this.found = new Map(
      workloads.flatMap((workload): [Workload, WorkloadDocument][] => {
        const runtime = workload.labels[RUNTIME_LABEL];
        if (runtime === undefined || !(runtime in FILES)) return [];
        const name = runtime as WorkloadDocument['runtime'];
        return [[workload, read(workload, name, textOf(workload, FILES[name], texts))]];
      }),
    );
    this.entries = new Set(
      [...this.found].flatMap(([{ namespace, configMaps }, { runtime }]) =>
        configMaps.map((name) => `${namespace}/${name}/${FILES[runtime]}`),
      ),
    );
  }

  /** @param entry `namespace/ConfigMap/file` */
  public isDocument(entry: string): boolean {
    return this.entries.has(entry);
  }

  public of(workload: Workload): WorkloadDocument | undefined {
    return this.found.get(workload);
  }
}

function textOf(
  workload: Workload,
  file: string,
  texts: ReadonlyMap<string, Readonly<Record<string, string>>>,
): string {
  const [text] = workload.configMaps.flatMap((name) => texts.get(`${workload.namespace}/${name}`)?.[file] ?? []);
  if (text === undefined) throw new DevError(`${workload.title}: no ConfigMap that it mounts holds ${file}`);
  return text;
}

function read(workload: Workload, runtime: WorkloadDocument['runtime'], text: string): WorkloadDocument {
  try {
    switch (runtime) {
      case 'agent':
        return { runtime, document: parseDocument(agentDocument, text) };
      case 'gateway':
        return { runtime, document: parseDocument(gatewayDocument, text) };
      case 'sandbox':
        return { runtime, document: parseDocument(toolsetDocument, text) };
      case 'egress-proxy':
        return { runtime, document: parseDocument(egressProxyDocument, text) };
    }
  } catch (error) {
    if (error instanceof ContractError) throw new DevError(`${workload.title}: ${error.message}`);
    throw error;
  }
}
