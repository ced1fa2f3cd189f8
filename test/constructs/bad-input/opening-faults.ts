import { Cpu, LabelExpression, Namespaces, NetworkPolicyIpBlock, Pods, type PodsSelectOptions } from 'cdk8s-plus-29';
import { Auth, ClusterProfile, Entry, Model, Peer, Port, VolumeSource } from 'agentyard';
import { Program } from '../program';
import type { FaultCase } from './fault-case';

const absent = undefined as unknown as string;

/** An agent that may connect to pods that a selector of cdk8s-plus chooses. */
function agentTo(choose: (program: Program) => PodsSelectOptions) {
  const program = new Program();
  const agent = program.agent('support');
  agent.connections.allowTo(Pods.select(program.chart, 'peers', choose(program)), Port.tcp(5432));
  return agent;
}

function agentWith(baseUrl: string, servedByPort?: number) {
  const servedBy = servedByPort && Peer.pods({ namespace: 'models', podLabels: { app: 'vllm' } });
  const model = Model.openaiCompatible('m', { baseUrl, servedByPort, ...(servedBy && { servedBy }) });
  return new Program().agent('support', { model });
}

const token = (members: Record<string, unknown>) =>
  VolumeSource.fromSpec({ projected: { sources: [{ serviceAccountToken: { path: 'token', ...members } }] } });

/** What would open more than the program says, or make a policy that Kubernetes refuses, so that pods have none. */
export const OPENING_FAULTS: FaultCase[] = [
  [
    'PEER_INVALID',
    'Peer.cidr: "10.1.2.3/8" has bits behind its prefix. Give 10.0.0.0/8',
    () => Peer.cidr('10.1.2.3/8'),
  ],
  ['PEER_INVALID', '"::ffff:10.0.0.0/104" is IPv4 in the form of IPv6', () => Peer.cidr('::ffff:10.0.0.0/104')],
  ['PEER_INVALID', '"10.0.0.0/8" is no part of 10.0.0.0/8', () => Peer.cidr('10.0.0.0/8', ['10.0.0.0/8'])],
  ['PEER_INVALID', '"10.1.0.1/16" has bits behind', () => Peer.cidr('10.0.0.0/8', ['10.1.0.1/16'])],
  ['ENTRY_INVALID', '"203.0.113.7/24" has bits behind its prefix', () => Entry.fromCidr('203.0.113.7/24')],
  [
    'PROFILE_INVALID',
    'ClusterProfile.eks: "10.0.0.7/28" has bits behind its prefix',
    () => ClusterProfile.eks({ apiServer: { cidrs: ['10.0.0.7/28'] } }),
  ],
  [
    'PROFILE_INVALID',
    'ClusterProfile.eks: 99999 is no port',
    () => ClusterProfile.eks({ apiServer: { cidrs: ['10.0.0.0/28'], port: 99_999 } }),
  ],
  [
    'PROFILE_INVALID',
    'NaN is no port',
    () => ClusterProfile.generic({ parentProxy: { host: '10.0.0.8', port: Number.NaN } }),
  ],
  [
    'PEER_INVALID',
    'chart/support: "10.0.0.0/33" is no CIDR',
    () => {
      const program = new Program();
      const agent = program.agent('support');
      const block = NetworkPolicyIpBlock.ipv4(program.chart, 'block', '10.0.0.0/8', ['10.0.0.0/33']);
      agent.connections.allowTo(block, Port.tcp(1));
      return agent;
    },
  ],
  ['LABEL_INVALID', 'chart/support: "app: undefined" is no label', () => agentTo(() => ({ labels: { app: absent } }))],
  [
    'LABEL_INVALID',
    'chart/support: "app: my app" is no label',
    () => agentTo(() => ({ labels: { app: 'my app', tier: 'data' } })),
  ],
  [
    'LABEL_INVALID',
    'chart/support: "team: undefined" is no label',
    () =>
      agentTo(({ chart }) => ({
        labels: { app: 'db' },
        namespaces: Namespaces.select(chart, 'spaces', { labels: { team: absent } }),
      })),
  ],
  [
    'PEER_INVALID',
    'chart/support: a selector says "app In" and no value',
    () => agentTo(() => ({ expressions: [LabelExpression.in('app', [])] })),
  ],
  ['PORT_INVALID', 'chart/support: the port 99999', () => agentWith('http://vllm.models.svc/v1', 99_999)],
  ['PORT_INVALID', 'chart/support: the port NaN', () => agentWith('http://vllm.models.svc/v1', Number.NaN)],
  ['PORT_INVALID', 'chart/support: the port 0', () => agentWith('https://llm.example.com:0/v1')],
  ['MODEL_INVALID', 'chart/support: the host "*.example.com"', () => agentWith('https://*.example.com/v1')],
  ['MODEL_INVALID', '"::ffff:a00:1/128" is IPv4 in the form of IPv6', () => agentWith('http://[::ffff:10.0.0.1]/v1')],
  [
    'AUTH_NONE_EXPOSED',
    'chart/gateway: auth is Auth.none()',
    () => {
      const gateway = new Program().gateway('gateway', { auth: Auth.none() });
      gateway.connections.allowFrom(Peer.cidr('0.0.0.0/0'));
      return gateway;
    },
  ],
  ['VOLUME_INVALID', 'is one for the Kubernetes API', () => token({})],
  ...['', 'https://kubernetes.default.svc', 'https://kubernetes.default.svc.cluster.local'].map(
    (audience): FaultCase => ['VOLUME_INVALID', 'is one for the Kubernetes API', () => token({ audience })],
  ),
  [
    'MODEL_INVALID',
    'chart/support: servedByPort is 9000, and servedBy does not say',
    () => {
      const model = Model.openaiCompatible('m', { baseUrl: 'https://10.0.0.5:8443/v1', servedByPort: 9000 });
      return new Program().agent('support', { model });
    },
  ],
  [
    'LIMIT_INVALID',
    'chart/support: resources.cpu has a limit of 0',
    () => new Program().agent('support', { resources: { cpu: { request: Cpu.units(0), limit: Cpu.units(0) } } }),
  ],
];
