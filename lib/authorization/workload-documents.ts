import {
  agentDocument,
  egressProxyDocument,
  gatewayDocument,
  parseDocument,
  toolsetDocument,
  type AgentDocument,
  type DocumentDefinition,
  type EgressProxyDocument,
  type GatewayDocument,
  type ToolsetDocument,
} from '../contract';
import type { KubernetesObject, Workload } from '../reachability';
import { flattened, nameOf, namespaceOf } from '../reachability/kubernetes-object';
import { DocumentsError } from './documents-error';

/** The document of a runtime, by what the label of its pods calls the runtime. */
export type WorkloadDocument =
  | { readonly runtime: 'agent'; readonly document: AgentDocument }
  | { readonly runtime: 'gateway'; readonly document: GatewayDocument }
  | { readonly runtime: 'sandbox'; readonly document: ToolsetDocument }
  | { readonly runtime: 'egress-proxy'; readonly document: EgressProxyDocument };

type Runtime = WorkloadDocument['runtime'];

/** The label by which runtimes are known. */
const RUNTIME_LABEL = 'agentyard.dev/runtime';

const DEFINITIONS = {
  agent: agentDocument,
  gateway: gatewayDocument,
  sandbox: toolsetDocument,
  'egress-proxy': egressProxyDocument,
} satisfies Record<Runtime, unknown>;

/** What is told to the runtimes in workloads. */
export class WorkloadDocuments {
  /**
   * Reads the documents out of the ConfigMaps that the workloads mount.
   *
   * @throws DocumentsError with every document that is missing or wrong
   */
  public static read(objects: Iterable<KubernetesObject>, workloads: readonly Workload[]): WorkloadDocuments {
    const configMaps = textsOf(objects);
    const faults: string[] = [];
    const found = new Map<Workload, WorkloadDocument>();
    for (const workload of workloads) {
      const runtime = runtimeOf(workload);
      if (runtime === undefined) continue;
      try {
        found.set(workload, read(runtime, textOf(workload, runtime, configMaps)));
      } catch (error) {
        faults.push(`${workload.title}: ${(error as Error).message}`);
      }
    }
    if (faults.length > 0) throw new DocumentsError(faults);
    return new WorkloadDocuments(found);
  }

  /** Where they stand: `namespace/ConfigMap/file`. */
  private readonly entries: ReadonlySet<string>;

  private constructor(private readonly found: ReadonlyMap<Workload, WorkloadDocument>) {
    this.entries = new Set(
      [...found].flatMap(([{ namespace, configMaps }, { runtime }]) =>
        configMaps.map((name) => `${namespace}/${name}/${DEFINITIONS[runtime].file}`),
      ),
    );
  }

  /** What the runtime in a workload is told; absent if no runtime of ours is in it. */
  public of(workload: Workload): WorkloadDocument | undefined {
    return this.found.get(workload);
  }

  /** Whether an entry of a ConfigMap is such a document. @param entry `namespace/ConfigMap/file` */
  public isDocument(entry: string): boolean {
    return this.entries.has(entry);
  }
}

type Texts = Readonly<Record<string, string>>;

/** The texts of ConfigMaps, by `namespace/name`. */
function textsOf(objects: Iterable<KubernetesObject>): ReadonlyMap<string, Texts> {
  const configMaps = [...flattened(objects)].filter(({ kind }) => kind === 'ConfigMap');
  return new Map(configMaps.map((one) => [`${namespaceOf(one)}/${nameOf(one)}`, (one.data ?? {}) as Texts]));
}

function runtimeOf({ labels }: Workload): Runtime | undefined {
  const name = labels[RUNTIME_LABEL] ?? '';
  return Object.hasOwn(DEFINITIONS, name) ? (name as Runtime) : undefined;
}

function textOf(workload: Workload, runtime: Runtime, configMaps: ReadonlyMap<string, Texts>): string {
  const { file } = DEFINITIONS[runtime];
  const [text] = workload.configMaps.flatMap((name) => configMaps.get(`${workload.namespace}/${name}`)?.[file] ?? []);
  if (text === undefined) throw new Error(`no ConfigMap that it mounts holds ${file}`);
  return text;
}

/** @throws ContractError */
function read(runtime: Runtime, text: string): WorkloadDocument {
  return { runtime, document: parseDocument(DEFINITIONS[runtime] as DocumentDefinition, text) } as WorkloadDocument;
}
