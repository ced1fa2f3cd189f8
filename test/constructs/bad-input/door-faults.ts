import {
  ClusterProfile,
  CertificateIssuer,
  GatewayIngress,
  IngressController,
  ServingCertificate,
  type GatewayDoorOptions,
} from 'agentyard';
import { ExposedGateway } from '../exposed-gateway';
import { Program } from '../program';
import type { FaultCase } from './fault-case';

const door = (place: string, options: GatewayDoorOptions): FaultCase => [
  'DOOR_INVALID',
  `chart/gateway: ${place}`,
  () => new Program().gateway('gateway', options),
];

const served = ServingCertificate.fromSecretName('door-own-tls');

const behindIngress = (controller: IngressController, clients = false) => {
  const program = new ExposedGateway();
  const authorities = { configMapName: 'client-authorities' };
  program.door.serveTls({ certificate: served, ...(clients && { clientCertificates: { authorities } }) });
  return new GatewayIngress(program.chart, 'way-in', { gateway: program.door, controller, certificate: served });
};

/** Faults of what comes in at a gateway. */
export const DOOR_FAULTS: FaultCase[] = [
  ...[
    '*',
    'app.example.com',
    'https://app.example.com/',
    'https://App.example.com',
    'https://a.example:443',
    'file:///x',
  ].map((origin) => door(`allowedOrigins has "${origin}"`, { allowedOrigins: [origin] })),
  ...['*.example.com', 'https://mcp.example.com', 'mcp.example.com:8443', 'MCP.example.com', '10.0.0.1', ''].map(
    (hostname) => door(`hostnames has "${hostname}"`, { hostnames: [hostname] }),
  ),
  door('trustedProxies names no addresses', { trustedProxies: { cidrs: [] } }),
  door('trustedProxies: "10.1.0.0" is no CIDR', { trustedProxies: { cidrs: ['10.1.0.0'] } }),
  door('trustedProxies: "10.1.0.1/16" has bits behind its prefix', { trustedProxies: { cidrs: ['10.1.0.1/16'] } }),
  ...['0.0.0.0/0', '::/0'].map((cidr) => door(`trustedProxies has ${cidr}`, { trustedProxies: { cidrs: [cidr] } })),
  door('intake.connections is 0', { intake: { connections: 0 } }),
  door('intake.streams is 1.5', { intake: { streams: 1.5 } }),
  door('intake.streamsPerUser is -1', { intake: { streamsPerUser: -1 } }),
  door('intake.jsonDepth is 3', { intake: { jsonDepth: 3 } }),
  door('intake.jsonMembers is NaN', { intake: { jsonMembers: NaN } }),
  [
    'DOOR_INVALID',
    'chart/gateway: trustedProxies has 0.0.0.0/0',
    () => {
      const cluster = ClusterProfile.generic({ trustedProxies: { cidrs: ['0.0.0.0/0'] } });
      return new Program('agents', cluster).gateway('gateway');
    },
  ],
  ...[
    ServingCertificate.ofController(),
    ServingCertificate.fromIssuer(CertificateIssuer.fromClusterIssuerName('letsencrypt')),
  ].map((certificate): FaultCase => [
    'SERVING_TLS_INVALID',
    'chart/gateway: the certificate is one that the gateway cannot mount',
    () => new Program().gateway('gateway').serveTls({ certificate }),
  ]),
  [
    'SERVING_TLS_INVALID',
    'chart/gateway: it serves TLS already',
    () => {
      const gateway = new Program().gateway('gateway');
      gateway.serveTls({ certificate: served });
      gateway.serveTls({ certificate: served });
    },
  ],
  [
    'NAME_INVALID',
    '"Client Authorities"',
    () => {
      const clientCertificates = { authorities: { configMapName: 'Client Authorities' } };
      new Program().gateway('gateway').serveTls({ certificate: served, clientCertificates });
    },
  ],
  [
    'SERVING_TLS_INVALID',
    'chart/way-in: chart/door serves TLS, and the controller does not speak it',
    () => behindIngress(IngressController.traefik()),
  ],
  [
    'SERVING_TLS_INVALID',
    'chart/way-in: chart/door serves TLS, and the controller does not speak it',
    () => behindIngress(IngressController.other({ annotations: {} })),
  ],
  [
    'SERVING_TLS_INVALID',
    'chart/way-in: chart/door requires client certificates, and routers show none',
    () => behindIngress(IngressController.nginx(), true),
  ],
];
