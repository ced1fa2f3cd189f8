import { egressProxyDocument, parseDocument, type EgressProxyDocument } from '../contract';
import { AddressSet } from './address-set';
import { PUBLIC_ADDRESSES } from './address-space';
import { HostPattern } from './host-pattern';
import { nameOf, namespaceOf, type KubernetesObject } from './kubernetes-object';
import { NotUnderstoodError } from './not-understood';
import type { Party } from './party';
import type { Workload } from './workload';

/** The label by which an egress proxy is known, and its value. */
const RUNTIME_LABEL = 'agentyard.dev/runtime';
const RUNTIME = 'egress-proxy';

/** A host of an allow list, and the port of the proxy that leads to it. */
export interface ProxiedHost {
  readonly listPort: number;
  readonly pattern: HostPattern;
  readonly port: number;
  /** Private blocks that the name may lead to, beside public addresses. */
  readonly privateCidrs: readonly string[];
  /** Where the proxy goes for it. */
  readonly party: Party;
}

/** An egress proxy: who reaches one of its ports reaches the hosts of the list that the port stands for. */
export class EgressProxy {
  /**
   * The proxies among workloads.
   *
   * @throws NotUnderstoodError if the document of one cannot be read
   */
  public static find(workloads: readonly Workload[], objects: readonly KubernetesObject[]): EgressProxy[] {
    const proxies = workloads.filter(({ labels }) => labels[RUNTIME_LABEL] === RUNTIME);
    if (proxies.length === 0) return [];
    const configMaps = new Map(
      objects.flatMap((object): [string, KubernetesObject][] =>
        object.kind === 'ConfigMap' ? [[`${namespaceOf(object)}/${nameOf(object)}`, object]] : [],
      ),
    );
    return proxies.map((workload) => new EgressProxy(workload, documentOf(workload, configMaps)));
  }

  public readonly hosts: readonly ProxiedHost[];
  /** The proxy that it goes through itself, if any. */
  public readonly parent?: { readonly host: string; readonly port: number };
  private readonly ports: ReadonlySet<number>;

  private constructor(
    public readonly workload: Workload,
    { allowLists, parent }: EgressProxyDocument,
  ) {
    this.parent = parent;
    this.ports = new Set(allowLists.map(({ port }) => port));
    this.hosts = allowLists.flatMap(({ port, hosts }) =>
      hosts.map((host): ProxiedHost => {
        const pattern = HostPattern.proxy(host.name);
        const { privateCidrs } = host;
        return { listPort: port, pattern, port: host.port, privateCidrs, party: partyOf(pattern, privateCidrs) };
      }),
    );
  }

  /** Whether a port of it leads to the hosts of a list and nowhere else. */
  public isListPort(port: number): boolean {
    return this.ports.has(port);
  }
}

function partyOf({ text, sample }: HostPattern, privateCidrs: readonly string[]): Party {
  const addresses = PUBLIC_ADDRESSES.union(AddressSet.of(...privateCidrs));
  return { title: text, hostNames: [sample], addresses };
}

function documentOf(workload: Workload, configMaps: ReadonlyMap<string, KubernetesObject>): EgressProxyDocument {
  const texts = workload.configMaps.flatMap((name) => {
    const data = configMaps.get(`${workload.namespace}/${name}`)?.data as Record<string, string> | undefined;
    return data?.[egressProxyDocument.file] ?? [];
  });
  const [text] = texts;
  if (text === undefined) {
    throw new NotUnderstoodError([`${workload.title}: no ConfigMap that it mounts holds ${egressProxyDocument.file}`]);
  }
  try {
    return parseDocument(egressProxyDocument, text);
  } catch (error) {
    throw new NotUnderstoodError([`${workload.title}: ${(error as Error).message}`]);
  }
}
