import { ClusterProfile, Credentials, Egress, Model, OpenAIRegion, Peer, Port } from 'agentyard';
import { Program } from '../program';
import type { FaultCase } from './fault-case';

const credentials = Credentials.fromSecretName('s');
const model = Model.anthropic('m', { credentials });

/** Synthesizes an agent with a model, and hosts of its own, in a cluster. */
function synthWith(cluster: ClusterProfile, model: Model, ...hosts: string[]): unknown {
  const program = new Program('agents', cluster);
  const agent = program.agent('support', { model });
  for (const host of hosts) agent.connections.allowTo(Peer.host(host), Port.tcp(443));
  return program.synth();
}
const generic = (egress: Egress) => ClusterProfile.generic({ egress });

/** Two hosts whose lists have the same port without a salt. */
const COLLIDING = ['h178.example.com', 'h239.example.com'];

/** Faults of models' hosts, connections, egress engines and clusters' profiles. */
export const NETWORK_FAULTS: FaultCase[] = [
  ['PORT_INVALID', 'Port: 0 is no port', () => Port.tcp(0)],
  ['PORT_INVALID', '9-8 is no range', () => Port.tcpRange(9, 8)],
  ['PEER_INVALID', 'Peer.cidr: "10.0.0.0" is no CIDR', () => Peer.cidr('10.0.0.0')],
  ['PEER_INVALID', '"11.0.0.0/24" is no part of 10.0.0.0/8', () => Peer.cidr('10.0.0.0/8', ['11.0.0.0/24'])],
  ['PEER_INVALID', 'Peer.pods: a namespace and at least one label', () => Peer.pods({ namespace: 'x', podLabels: {} })],
  ['PEER_INVALID', '"10.0.0.1" is no DNS name', () => Peer.host('10.0.0.1')],
  ['PEER_INVALID', '"a*.example.com" is no DNS name', () => Peer.host('a*.example.com')],
  [
    'PEER_INVALID',
    'Peer.host: a block of addresses is needed',
    () => Peer.host('x.example.com', { privateEndpoints: [Peer.host('y.example.com')] }),
  ],
  ['CREDENTIALS_INVALID', '"support" is no ARN', () => Credentials.fromIamRole('support')],
  [
    'CREDENTIALS_INVALID',
    'chart/support: a role of AWS is no credential for a model of openai',
    () => synthWith(ClusterProfile.generic(), Model.openai('m', { credentials: Credentials.fromPodIdentity() })),
  ],
  [
    'MODEL_INVALID',
    'chart/support: resourceName "" of its azure model',
    () => synthWith(ClusterProfile.generic(), Model.azure('m', { credentials, resourceName: '' })),
  ],
  [
    'MODEL_INVALID',
    'baseUrl "https://x.example.com" stands beside an option that chooses https://eu.api.openai.com/v1',
    () => {
      const baseUrl = 'https://x.example.com';
      const both = Model.openai('m', { credentials, baseUrl, dataResidency: OpenAIRegion.EU });
      return synthWith(ClusterProfile.generic(), both);
    },
  ],
  [
    'EGRESS_PEER_MISSING',
    'chart/support: its model is at "vllm.models.svc"',
    () => synthWith(ClusterProfile.generic(), Model.openaiCompatible('m', { baseUrl: 'http://vllm.models.svc/v1' })),
  ],
  [
    'EGRESS_PATTERN_UNSUPPORTED',
    'chart/support: "*.example.com" stands for exactly one label',
    () => synthWith(generic(Egress.eks({ autoMode: true })), model, '*.example.com'),
  ],
  [
    'EGRESS_PRECONDITION_MISSING',
    'chart/support: Egress.eks() needs Auto Mode',
    () => synthWith(generic(Egress.eks({ autoMode: false })), model),
  ],
  [
    'EGRESS_PROXY_IGNORED',
    'chart/support',
    () => {
      const program = new Program();
      program.agent('support', { model, image: 'example.com/mine:1' });
      return program.synth();
    },
  ],
  [
    'EGRESS_PARENT_UNSUPPORTED',
    'chart/support: the profile names a parent proxy',
    () => {
      const parentProxy = { host: '10.0.0.8', port: 3128 };
      return synthWith(ClusterProfile.generic({ egress: Egress.cilium(), parentProxy }), model);
    },
  ],
  [
    'EGRESS_PORT_COLLISION',
    'egress-proxy-agents/egress-proxy: two allow lists have the same port',
    () => {
      const program = new Program();
      for (const host of COLLIDING) {
        program.agent(host.slice(0, 4)).connections.allowTo(Peer.host(host), Port.tcp(443));
      }
      return program.synth();
    },
  ],
  [
    'EGRESS_LISTS_EXCEEDED',
    'egress-proxy-agents/egress-proxy: 129 different allow lists',
    () => {
      const program = new Program();
      for (let i = 0; i < 129; i++) {
        program.agent(`a${i}`).connections.allowTo(Peer.host(`h${i}.example.com`), Port.tcp(443));
      }
      return program.synth();
    },
  ],
  [
    'PROFILE_INVALID',
    'ClusterProfile.aks: kubernetesVersion is "1.20"',
    () => ClusterProfile.aks({ kubernetesVersion: '1.20' }),
  ],
  [
    'PROFILE_INVALID',
    'ClusterProfile.gke: imageVolumes is true, and kubernetesVersion is "1.32"',
    () => ClusterProfile.gke({ imageVolumes: true, kubernetesVersion: '1.32' }),
  ],
  [
    'PROFILE_FACT_MISSING',
    'chart/support: the profile of the cluster (gke) does not say where the API server is',
    () => {
      const program = new Program('agents', ClusterProfile.gke());
      program.agent('support').connections.allowToApiServer();
      return program.synth();
    },
  ],
  [
    'PROFILE_LATE',
    'chart/support was made before the profile was applied',
    () => {
      const program = new Program();
      program.agent('support');
      ClusterProfile.eks().applyTo(program.app);
    },
  ],
];
