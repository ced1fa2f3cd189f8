import { Calls, WorkloadDocuments, type WorkloadDocument } from 'agentyard/authorization';
import { Platform, type KubernetesObject, type Workload } from 'agentyard/reachability';
import { Manifests } from '../dev/manifests.js';
import { IdentityDocuments } from './identity-documents.js';

/** Kinds without a namespace. */
const OF_THE_CLUSTER =
  /^(Namespace|Node|PersistentVolume|Cluster\w+|StorageClass|PriorityClass|RuntimeClass|IngressClass|CustomResourceDefinition|(Validating|Mutating)\w+|APIService|CiliumClusterwide\w+)$/;

/** A folder of synthesized manifests: its objects, who may reach whom, what the runtimes are told, and who may call what. */
export class Evaluated {
  /** @throws DevError, DocumentsError or NotUnderstoodError if a file, a document or a policy cannot be read */
  public static async load(directory: string): Promise<Evaluated> {
    const { objects } = await Manifests.load(directory);
    return Evaluated.fromObjects(objects);
  }

  /** @throws DocumentsError or NotUnderstoodError if a document or a policy cannot be read */
  public static fromObjects(objects: readonly KubernetesObject[]): Evaluated {
    return new Evaluated(objects.map(withoutNamespace));
  }

  public readonly platform: Platform;
  /** Who may call which tool. */
  public readonly calls: Calls;
  /** What Keycloak and the jobs of identity are told. */
  public readonly identity: IdentityDocuments;
  private readonly documents: WorkloadDocuments;

  private constructor(public readonly objects: readonly KubernetesObject[]) {
    this.platform = Platform.fromObjects(objects);
    this.documents = WorkloadDocuments.read(objects, this.platform.workloads);
    this.calls = Calls.of(this.platform, this.documents);
    this.identity = new IdentityDocuments(objects);
  }

  /** What the runtime in a workload is told; absent if no runtime of ours is in it. */
  public documentOf(workload: Workload): WorkloadDocument | undefined {
    return this.documents.of(workload);
  }

  /** Whether an entry of a ConfigMap is such a document. @param entry `namespace/ConfigMap/file` */
  public isDocument(entry: string): boolean {
    return this.documents.isDocument(entry);
  }
}

/** Reading gives every object a namespace; objects of the cluster have none. */
function withoutNamespace(object: KubernetesObject): KubernetesObject {
  if (!OF_THE_CLUSTER.test(object.kind ?? '')) return object;
  return { ...object, metadata: { ...object.metadata, namespace: undefined } };
}
