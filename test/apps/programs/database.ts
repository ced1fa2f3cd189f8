import { Size, type Chart } from 'cdk8s';
import * as kplus from 'cdk8s-plus-29';

/** Port of the pods. */
export const DATABASE_PORT = 5432;

/** A database as a program of cdk8s-plus has it, in pods that Pod Security `restricted` admits. */
export function database(chart: Chart): kplus.StatefulSet {
  const service = new kplus.Service(chart, 'service', {
    metadata: { name: 'guests' },
    clusterIP: 'None',
    ports: [{ port: DATABASE_PORT }],
  });
  const pods = new kplus.StatefulSet(chart, 'database', {
    metadata: { name: 'guests' },
    service,
    replicas: 1,
    automountServiceAccountToken: false,
    securityContext: { user: 65534, group: 65534, fsGroup: 65534 },
  });
  // What lets callers in is for the program to say.
  new kplus.NetworkPolicy(chart, 'isolation', {
    selector: pods,
    ingress: { default: kplus.NetworkPolicyTrafficDefault.DENY },
    egress: { default: kplus.NetworkPolicyTrafficDefault.DENY },
  });
  pods.addContainer({
    name: 'postgres',
    image: 'registry.example.com/postgres:18.1',
    portNumber: DATABASE_PORT,
    liveness: kplus.Probe.fromTcpSocket({ port: DATABASE_PORT }),
    readiness: kplus.Probe.fromCommand(['pg_isready']),
    securityContext: {
      user: 65534,
      group: 65534,
      capabilities: { drop: [kplus.Capability.ALL] },
      seccompProfile: { type: kplus.SeccompProfileType.RUNTIME_DEFAULT },
    },
    resources: {
      cpu: { request: kplus.Cpu.millis(250), limit: kplus.Cpu.units(1) },
      memory: { request: Size.mebibytes(512), limit: Size.mebibytes(512) },
      ephemeralStorage: { request: Size.gibibytes(1), limit: Size.gibibytes(1) },
    },
  });
  return pods;
}
