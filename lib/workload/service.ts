import { selectorLabels, type Runtime } from './labels';

/** A port of a Service and the pods' port behind it. */
export interface ServicePort {
  readonly name: string;
  readonly port: number;
  readonly targetPort: number | string;
  /** Whether it speaks TLS; absent: it does not. */
  readonly tls?: boolean;
}

/** Name of the port that a runtime serves at. Routers such as Traefik know by it whether it speaks TLS. */
export function servedPortName(tls: boolean): string {
  return tls ? 'https' : 'http';
}

/** What a Service follows from. */
export interface ServiceSpec {
  readonly runtime: Runtime;
  readonly name: string;
  /** Whether its name resolves to the pods themselves. */
  readonly headless: boolean;
  readonly ports: readonly ServicePort[];
  /** `IPv4`, `IPv6` or `DualStack`; absent: as the cluster has it. */
  readonly ipFamily?: string;
}

/** The spec of a workload's Service. */
export function serviceSpec({ runtime, name, headless, ports, ipFamily }: ServiceSpec) {
  return {
    type: 'ClusterIP',
    clusterIP: headless ? 'None' : undefined,
    ...families(ipFamily),
    selector: selectorLabels(runtime, name),
    ports: ports.map(({ targetPort, tls = false, ...port }) => ({
      ...port,
      targetPort,
      protocol: 'TCP',
      appProtocol: appProtocol(runtime, tls),
    })),
  };
}

/** What a mesh makes of the traffic: tunnels are opened through the proxy, which a mesh must not read as HTTP. */
function appProtocol(runtime: Runtime, tls: boolean): string {
  if (runtime === 'egress-proxy') return 'tcp';
  return tls ? 'https' : 'http';
}

function families(ipFamily: string | undefined) {
  if (ipFamily === undefined) return {};
  return ipFamily === 'DualStack'
    ? { ipFamilyPolicy: 'RequireDualStack' }
    : { ipFamilyPolicy: 'SingleStack', ipFamilies: [ipFamily] };
}
