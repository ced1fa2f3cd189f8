import { Chart } from 'cdk8s';
import { podField } from '../lib/workload/pod-field';
import type { Construct, IConstruct } from 'constructs';
import { egressProxyDocument, PRIVATE_IPV4, PRIVATE_IPV6, type EgressProxyDocumentInput } from '../lib/contract';
import { SynthError } from '../lib/errors/synth-error';
import { allowList, listKey, MOST_LISTS, type AllowList } from '../lib/network/egress/allow-list';
import { proxyReload } from '../lib/network/egress/proxy-reload';
import type { HostRule } from '../lib/network/egress/host-rule';
import type { NetworkPeer } from '../lib/network/peer';
import { tcp } from '../lib/network/port';
import { LONGEST_DEADLINE_MS } from '../lib/synth/deadline';
import { documentText } from '../lib/synth/document-text';
import { RUNTIME_PORT, serviceHost } from '../lib/workload/names';
import type { ClusterProfile } from './cluster-profile';
import { IpFamily } from './cluster-profile';
import { Connectable } from './connectable';
import type { EgressProxyOptions } from './egress';
import { Workload } from './workload';
import type { AllowListProxy, WorkloadEgress } from './workload-egress';

const PROXY_NAME = 'egress-proxy';
const WORK_DIRECTORY = '/run/agentyard';

/** The forward proxy that opens egress by name. Made where `Egress.proxy()` needs one; a port of it stands for an allow list. */
export class EgressProxy extends Connectable {
  /** @internal */
  public readonly _workload: Workload;
  private readonly clients: WorkloadEgress[] = [];
  private readonly options: EgressProxyOptions;

  /** @internal */
  public constructor(scope: Construct, id: string, options: EgressProxyOptions) {
    super(scope, id);
    this.options = options;
    this._workload = new Workload(this, options, {
      runtime: 'egress-proxy',
      document: {
        file: egressProxyDocument.file,
        text: () => documentText(egressProxyDocument, this.document(), this.node.path),
        configMap: `${id}-config`,
        rollsOnChange: false,
      },
      graceMs: () => LONGEST_DEADLINE_MS,
      env: [replicaIndex()],
      volumes: [workVolume()],
      servicePorts: () => this.lists().map(({ port }) => ({ name: `list-${port}`, port, targetPort: port })),
      openings: () => this.openings(),
    });
    this.node.addValidation({ validate: () => this.faults() });
  }

  /** @internal */
  public get _access(): AllowListProxy {
    const { id, peer, profile } = this._workload;
    return {
      host: `${serviceHost(id)}.${profile.clusterDomain}`,
      pods: peer,
      join: (client) => this.clients.push(client),
      listOf: (hosts) => this.listOf(hosts),
    };
  }

  private listOf(hosts: readonly HostRule[]): AllowList {
    return allowList(hosts, this.options.portSalt ?? '');
  }

  /** Every list once, by port. */
  private lists(): AllowList[] {
    const lists = new Map(
      this.clients.map((client) => this.listOf(client.allowedHosts)).map((list) => [listKey(list), list]),
    );
    return [...lists.values()].sort((a, b) => a.port - b.port);
  }

  private document(): EgressProxyDocumentInput {
    const { pod, profile } = this._workload;
    const { parentProxy } = profile._options;
    return {
      kind: 'EgressProxy',
      version: 1,
      ...this._workload.id,
      listen: { port: RUNTIME_PORT },
      allowLists: this.lists().map(({ port, hosts }) => ({
        port,
        hosts: hosts.map((host) => ({
          name: host.host,
          port: host.port,
          tls: host.tls,
          privateCidrs: [...host.privateCidrs],
        })),
      })),
      parent: parentProxy && { host: parentProxy.host, port: parentProxy.port },
      reload: { replicas: Math.max(1, pod.replicas ?? 1), ...proxyReload(pod.unreadyAfterMs) },
      shutdown: { graceMs: LONGEST_DEADLINE_MS },
    };
  }

  /** Each client at its list's port; out to public addresses at the ports in use, and to the private ones declared. */
  private openings() {
    const ingress = this.clients.map((client) => ({
      peer: client.pods,
      port: tcp(this.listOf(client.allowedHosts).port),
    }));
    const { parentProxy } = this._workload.profile._options;
    if (parentProxy !== undefined) {
      const cidrs = parentProxy.cidrs ?? parentBlock(parentProxy.host);
      return { ingress, egress: cidrs.map((cidr) => ({ peer: { cidr }, port: tcp(parentProxy.port) })) };
    }
    const hosts = this.lists().flatMap((list) => list.hosts);
    const egress = hosts.flatMap(({ port, privateCidrs }) =>
      [...this.publicBlocks(), ...privateCidrs.map((cidr) => ({ cidr }))].map((peer) => ({ peer, port: tcp(port) })),
    );
    return { ingress, egress };
  }

  private publicBlocks(): NetworkPeer[] {
    const { ipFamily } = this._workload.profile;
    const ipv4 = { cidr: '0.0.0.0/0', except: [...PRIVATE_IPV4] };
    const ipv6 = { cidr: '::/0', except: [...PRIVATE_IPV6] };
    if (ipFamily === IpFamily.IPV6) return [ipv6];
    return ipFamily === IpFamily.DUAL_STACK ? [ipv4, ipv6] : [ipv4];
  }

  private faults(): string[] {
    const lists = this.lists();
    const found: SynthError[] = [];
    lists.forEach((list, i) => {
      if (list.port === lists[i + 1]?.port) found.push(this.collision(list.port));
    });
    if (lists.length > MOST_LISTS) found.push(this.tooManyLists(lists.length));
    return found.map(({ message }) => message);
  }

  private collision(port: number): SynthError {
    return new SynthError('EGRESS_PORT_COLLISION', this, {
      message: `two allow lists have the same port, ${port}`,
      remedy: "Move the ports: Egress.proxy({ portSalt: '2' })",
    });
  }

  private tooManyLists(count: number): SynthError {
    return new SynthError('EGRESS_LISTS_EXCEEDED', this, {
      message: `${count} different allow lists need as many ports, a proxy has ${MOST_LISTS}`,
      remedy: 'Let workloads share lists, or use a proxy per namespace: Egress.proxy() without namespace',
    });
  }
}

/** The proxies of a program, by the scope that their profile belongs to and their namespace. */
const proxies = new WeakMap<IConstruct, Map<string, EgressProxy>>();

/**
 * The proxy for a workload: the one of its namespace, or of the namespace that `Egress.proxy` names. Made in a chart of
 * its own when it is first needed.
 */
export function egressProxyFor(workload: Construct, profile: ClusterProfile): AllowListProxy {
  const options = profile.egress._proxy ?? {};
  const scope = profile._scopeFor(workload) as Construct;
  const namespace = options.namespace ?? Chart.of(workload).namespace ?? '';
  const known = proxies.get(scope) ?? new Map<string, EgressProxy>();
  proxies.set(scope, known);
  const proxy = known.get(namespace) ?? newProxy(scope, namespace, options);
  known.set(namespace, proxy);
  return proxy._access;
}

function newProxy(scope: Construct, namespace: string, options: EgressProxyOptions): EgressProxy {
  const chart = new Chart(scope, options.namespace === undefined ? `${PROXY_NAME}-${namespace}` : PROXY_NAME, {
    namespace,
  });
  return new EgressProxy(chart, PROXY_NAME, options);
}

function parentBlock(host: string): string[] {
  return [`${host}/32`];
}

/** The pod's number in its StatefulSet, which says when it may reload. */
function replicaIndex() {
  return podField('AGENTYARD_REPLICA_INDEX', "metadata.labels['apps.kubernetes.io/pod-index']");
}

function workVolume() {
  const source = { emptyDir: { medium: 'Memory', sizeLimit: '64Mi' } };
  return { name: 'work', mountPath: WORK_DIRECTORY, readOnly: false, source };
}
