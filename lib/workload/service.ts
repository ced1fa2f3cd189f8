import { selectorLabels, type Runtime } from './labels';

/** A port of a Service and the pods' port behind it. */
export interface ServicePort {
  readonly name: string;
  readonly port: number;
  readonly targetPort: number | string;
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
    ports: ports.map(({ targetPort, ...port }) => ({
      ...port,
      targetPort,
      protocol: 'TCP',
      appProtocol: appProtocol(runtime),
    })),
  };
}

/** What a mesh makes of the traffic: tunnels are opened through the proxy, which a mesh must not read as HTTP. */
function appProtocol(runtime: Runtime): string {
  return runtime === 'egress-proxy' ? 'tcp' : 'http';
}

function families(ipFamily: string | undefined) {
  if (ipFamily === undefined) return {};
  return ipFamily === 'DualStack'
    ? { ipFamilyPolicy: 'RequireDualStack' }
    : { ipFamilyPolicy: 'SingleStack', ipFamilies: [ipFamily] };
}
