import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiServer, KubernetesObject } from '../cluster/api-server';
import { packetFilter, type Abilities, type PluggedPod } from './network-plugin';
import type { PodNetwork, PodSandbox } from './pod-network';

interface RunningPod extends PluggedPod {
  readonly uid: string;
  readonly sandbox: PodSandbox;
}

/**
 * Stands for the nodes of a cluster: runs the programs of its pods in network namespaces, on the Node.js of this machine
 * instead of their images, reports their state, and enforces NetworkPolicies as far as the plugin is able to.
 */
export class Kubelet {
  private readonly folder = mkdtempSync(path.join(tmpdir(), 'kubelet-'));
  private readonly pods = new Map<string, RunningPod>();
  private readonly filters = new Map<string, string>();
  private ended = false;
  private readonly loop: Promise<void>;

  public constructor(
    private readonly api: ApiServer,
    private readonly network: PodNetwork,
    /** What the network plugin takes notice of in a namespace. */
    private readonly abilities: (namespace: string) => Abilities,
    /** Address that pods ask for names, once it is known. */
    private readonly nameserver: () => string | undefined,
  ) {
    this.loop = this.run();
  }

  public async stop(): Promise<void> {
    this.ended = true;
    for (const { sandbox } of this.pods.values()) sandbox.end();
    await this.loop;
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async run(): Promise<void> {
    while (!this.ended) {
      const pods = ((await this.api.get('/api/v1/pods')) as { items: KubernetesObject[] }).items;
      for (const pod of pods) if (!this.pods.has(pod.metadata.uid as string)) this.start(pod);
      const present = new Set(pods.map(({ metadata }) => metadata.uid as string));
      for (const { uid, sandbox } of this.pods.values()) if (!present.has(uid)) sandbox.end();
      await this.enforce(present);
      await sleep(50);
    }
  }

  private async enforce(present: ReadonlySet<string>): Promise<void> {
    const { items } = (await this.api.get('/apis/networking.k8s.io/v1/networkpolicies')) as {
      items: KubernetesObject[];
    };
    const pods = [...this.pods.values()].filter(({ uid }) => present.has(uid));
    for (const pod of pods) {
      const filter = packetFilter(pod, pods, items, this.abilities(pod.namespace));
      if (this.filters.get(pod.uid) === filter) continue;
      pod.sandbox.filter(filter);
      this.filters.set(pod.uid, filter);
    }
  }

  private start(pod: KubernetesObject): void {
    const { uid, namespace = '', labels = {} } = pod.metadata as unknown as RunningPod;
    const sandbox = this.network.add(this.nameserver());
    const { addresses } = sandbox;
    this.pods.set(uid, { uid, sandbox, namespace, labels, addresses });
    this.containers(pod, sandbox).catch((error: unknown) => {
      if (!this.ended && !isGone(error)) throw error;
    });
  }

  /** Runs init containers one after the other, then the containers, and reports each as it ends. */
  private async containers(pod: KubernetesObject, sandbox: PodSandbox): Promise<void> {
    const podIPs = sandbox.addresses.map((ip) => ({ ip }));
    const inits = (pod.spec.initContainers ?? []) as Container[];
    const [main] = pod.spec.containers as [Container];
    const reported: object[] = [];
    await this.report(pod, { phase: inits.length > 0 ? 'Pending' : 'Running', podIP: podIPs[0]?.ip, podIPs });
    for (const container of inits) {
      reported.push(await this.runContainer(pod, container, sandbox));
      await this.report(pod, { initContainerStatuses: reported });
    }
    await this.report(pod, { phase: 'Running' });
    const status = await this.runContainer(pod, main, sandbox);
    await this.report(pod, { phase: 'Succeeded', containerStatuses: [status] });
  }

  private async runContainer(pod: KubernetesObject, container: Container, sandbox: PodSandbox): Promise<object> {
    const place = path.join(this.folder, pod.metadata.uid as string, container.name);
    await this.mount(pod, container, place);
    const here = (text: string): string => {
      const mount = (container.volumeMounts ?? []).find(({ mountPath }) => text.startsWith(`${mountPath}/`));
      return mount || text === container.terminationMessagePath ? path.join(place, text) : text;
    };
    const [program, ...args] = [...container.command, ...(container.args ?? [])].map(here);
    const message = path.join(place, container.terminationMessagePath);
    mkdirSync(path.dirname(message), { recursive: true });
    const child = sandbox.start([program === 'node' ? process.execPath : program!, ...args]);
    const [exitCode] = (await once(child, 'exit')) as [number | null];
    const text = existsSync(message) ? readFileSync(message, 'utf8') : '';
    const terminated = { exitCode: exitCode ?? 137, message: text, reason: exitCode === 0 ? 'Completed' : 'Error' };
    return status(container, { terminated });
  }

  /** Writes the ConfigMaps that the container mounts. */
  private async mount(pod: KubernetesObject, container: Container, place: string): Promise<void> {
    for (const { name, mountPath } of container.volumeMounts ?? []) {
      const volume = (pod.spec.volumes as Volume[]).find((one) => one.name === name);
      if (volume?.configMap === undefined) throw new Error(`the volume ${name} is of a kind that is not known here`);
      const path_ = `/api/v1/namespaces/${pod.metadata.namespace}/configmaps/${volume.configMap.name}`;
      const { data } = (await this.api.get(path_)) as { data: Record<string, string> };
      const folder = path.join(place, mountPath);
      mkdirSync(folder, { recursive: true });
      for (const [file, text] of Object.entries(data)) writeFileSync(path.join(folder, file), text);
    }
  }

  private async report({ metadata }: KubernetesObject, state: object): Promise<void> {
    await this.api.request({
      method: 'PATCH',
      path: `/api/v1/namespaces/${metadata.namespace}/pods/${metadata.name}/status`,
      contentType: 'application/merge-patch+json',
      body: { status: state },
    });
  }
}

interface Container {
  readonly name: string;
  readonly image: string;
  readonly command: readonly string[];
  readonly args?: readonly string[];
  readonly terminationMessagePath: string;
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[];
}

interface Volume {
  readonly name: string;
  readonly configMap?: { readonly name: string };
}

function status({ name, image }: Container, state: object): object {
  return { name, image, imageID: '', ready: false, restartCount: 0, state };
}

function isGone(error: unknown): boolean {
  return (error as { status?: number }).status === 404;
}
