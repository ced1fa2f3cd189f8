import { namespaceOf, nameOf, titleOf, type KubernetesObject } from './kubernetes-object';
import type { Pods } from './pods';
import type { Protocol } from './protocol';

interface ServicePort {
  readonly port: number;
  readonly targetPort?: number | string;
  readonly protocol?: Protocol;
}

interface ServiceSpec {
  readonly selector?: Readonly<Record<string, string>>;
  readonly clusterIP?: string;
  readonly type?: string;
  readonly externalName?: string;
  readonly ports?: readonly ServicePort[];
}

/** A Service: a name that leads to pods. */
export class Service {
  public static read(object: KubernetesObject): Service | undefined {
    return object.apiVersion === 'v1' && object.kind === 'Service' ? new Service(object) : undefined;
  }

  public readonly namespace: string;
  public readonly name: string;
  public readonly title: string;
  /** Labels of the pods that it leads to; absent if somebody else says where it leads. */
  public readonly selector?: Readonly<Record<string, string>>;
  /** Whether its name resolves to the pods themselves, so that ports are those of the pods. */
  public readonly isHeadless: boolean;
  /** The name that it stands for. */
  public readonly externalName?: string;
  private readonly ports: readonly ServicePort[];

  private constructor(object: KubernetesObject) {
    const spec = (object.spec ?? {}) as ServiceSpec;
    this.namespace = namespaceOf(object);
    this.name = nameOf(object);
    this.title = titleOf({ ...object, metadata: { name: this.name, namespace: this.namespace } });
    this.selector = Object.keys(spec.selector ?? {}).length > 0 ? spec.selector : undefined;
    this.isHeadless = spec.clusterIP === 'None';
    this.externalName = spec.type === 'ExternalName' ? spec.externalName : undefined;
    this.ports = spec.ports ?? [];
  }

  /** The port of pods that a port of this Service leads to; none if it has no such port. */
  public podPort(port: number, protocol: Protocol, pods: Pods | undefined): number | undefined | 'unknown' {
    if (this.isHeadless) return port;
    const found = this.ports.find((one) => one.port === port && (one.protocol ?? 'TCP') === protocol);
    if (found === undefined) return undefined;
    const target = found.targetPort ?? port;
    if (typeof target === 'number') return target;
    if (pods?.ports === undefined) return 'unknown';
    return pods.ports.find((one) => one.name === target && one.protocol === protocol)?.port;
  }
}
