import { Chart, Duration, Size } from 'cdk8s';
import { EnvValue, PercentOrAbsolute, ServiceAccount } from 'cdk8s-plus-29';
import {
  Autoscaling,
  ClusterProfile,
  Credentials,
  DataSource,
  DisruptionBudget,
  Egress,
  Model,
  Peer,
  TopologySpread,
  VolumeSource,
  type AgentProps,
  type EgressProxyOptions,
  type KedaAutoscalingOptions,
} from 'agentyard';
import { Program } from '../program';
import type { FaultCase } from './fault-case';

const hosted = { model: Model.anthropic('m', { credentials: Credentials.fromSecretName('s') }) };
const scraped = () =>
  ClusterProfile.generic({ metricsScraper: Peer.pods({ namespace: 'monitoring', podLabels: { app: 'prometheus' } }) });
const agent = (props: Partial<AgentProps>, cluster = scraped()) => new Program('agents', cluster).agent('w', props);
const proxy = (options: EgressProxyOptions) => agent(hosted, ClusterProfile.generic({ egress: Egress.proxy(options) }));
const keda = (options: Partial<KedaAutoscalingOptions>) => {
  const usual = { maxReplicas: 4, targetRequestsPerPod: 4, prometheusUrl: 'http://prometheus:9090' };
  return agent({ autoscaling: Autoscaling.keda({ ...usual, ...options }) });
};
const horizontal = Autoscaling.horizontal({ maxReplicas: 4, targetRequestsPerPod: 4 });

const AUTOSCALING: FaultCase[] = [
  ['AUTOSCALING_REPLICAS', 'chart/w: replicas is 3', () => agent({ replicas: 3, autoscaling: horizontal })],
  ['AUTOSCALING_INVALID', 'minReplicas is 0', () => keda({ minReplicas: 0 })],
  ['AUTOSCALING_INVALID', 'minReplicas is 5, above maxReplicas, which is 4', () => keda({ minReplicas: 5 })],
  ['AUTOSCALING_INVALID', 'maxReplicas is 2.5', () => keda({ maxReplicas: 2.5 })],
  ['AUTOSCALING_INVALID', 'targetRequestsPerPod is 0', () => keda({ targetRequestsPerPod: 0 })],
  ['AUTOSCALING_INVALID', 'targetCpuUtilization is -1', () => keda({ targetCpuUtilization: -1 })],
  ['AUTOSCALING_INVALID', 'scaleDownStabilization is 7200', () => keda({ scaleDownStabilization: Duration.hours(2) })],
  ['AUTOSCALING_INVALID', 'prometheusUrl "prometheus:9090"', () => keda({ prometheusUrl: 'prometheus:9090' })],
  [
    'AUTOSCALING_INVALID',
    'prometheusUrl holds credentials',
    () => keda({ prometheusUrl: 'http://admin:secret@prometheus:9090' }),
  ],
  [
    'PROFILE_FACT_MISSING',
    'chart/w: the profile of the cluster (eks) does not say who reads metrics',
    () => agent({ autoscaling: horizontal }, ClusterProfile.eks()),
  ],
];

const REPLACEMENT: FaultCase[] = [
  [
    'ROLLOUT_INVALID',
    'chart/w: maxSurge and maxUnavailable are both 0',
    () => agent({ maxSurge: PercentOrAbsolute.percent(0) }),
  ],
  ['ROLLOUT_INVALID', 'maxSurge is -1', () => agent({ maxSurge: PercentOrAbsolute.absolute(-1) })],
  ['ROLLOUT_INVALID', 'maxUnavailable is 200%', () => agent({ maxUnavailable: PercentOrAbsolute.percent(200) })],
  [
    'ROLLOUT_INVALID',
    'progressDeadline is 10 s, and a pod counts only after 10 s (minReady)',
    () => agent({ progressDeadline: Duration.seconds(10) }),
  ],
  [
    'GRACE_TOO_SHORT',
    'chart/w: terminationGracePeriod is 60 s; 5 s of preStopDelay, 120 s for the longest request and 5 s to end are 130 s',
    () => agent({ terminationGracePeriod: Duration.seconds(60) }),
  ],
  ['LIMIT_INVALID', 'preStopDelay is 1.5 s', () => agent({ preStopDelay: Duration.millis(1500) })],
  ['LIMIT_INVALID', 'revisionHistoryLimit is -1', () => agent({ revisionHistoryLimit: -1 })],
  ['LIMIT_INVALID', 'livenessProbe.failureThreshold is 0', () => agent({ livenessProbe: { failureThreshold: 0 } })],
  ['LIMIT_INVALID', 'readinessProbe.period is 0 s', () => agent({ readinessProbe: { period: Duration.seconds(0) } })],
  [
    'DISRUPTION_BUDGET_INVALID',
    'maxUnavailable 0',
    () => agent({ disruptionBudget: DisruptionBudget.maxUnavailable(0) }),
  ],
  [
    'DISRUPTION_BUDGET_INVALID',
    'chart/w: disruptionBudget has minAvailable 1 of 1 pods',
    () => agent({ disruptionBudget: DisruptionBudget.minAvailable(1) }),
  ],
  [
    'DISRUPTION_BUDGET_INVALID',
    'maxUnavailable 150%',
    () => agent({ disruptionBudget: DisruptionBudget.maxUnavailablePercent(150) }),
  ],
  [
    'OPTION_UNSUPPORTED',
    'autoscaling is given to an egress proxy',
    () => proxy({ autoscaling: Autoscaling.cpu({ maxReplicas: 3, targetCpuUtilization: 80 }) }),
  ],
  [
    'OPTION_UNSUPPORTED',
    'maxSurge is given to an egress proxy',
    () => proxy({ maxSurge: PercentOrAbsolute.absolute(2) }),
  ],
];

const SCHEDULING: FaultCase[] = [
  [
    'TOPOLOGY_SPREAD_INVALID',
    'chart/w: topologySpread is over "a zone"',
    () => agent({ topologySpread: [TopologySpread.required('a zone')] }),
  ],
  ['TOPOLOGY_SPREAD_INVALID', 'a maxSkew of 0', () => agent({ topologySpread: [TopologySpread.preferred('zone', 0)] })],
  [
    'TOPOLOGY_SPREAD_INVALID',
    'names "zone" twice',
    () => agent({ topologySpread: [TopologySpread.preferred('zone'), TopologySpread.preferred('zone', 2)] }),
  ],
  ['NAME_INVALID', 'chart/w: "High Priority"', () => agent({ priorityClassName: 'High Priority' })],
  ['LABEL_INVALID', '"pool: a b" is no label', () => agent({ nodeSelector: { pool: 'a b' } })],
];

const SECURITY: FaultCase[] = [
  ['SECURITY_FORBIDDEN', 'chart/w: security.runAsUser is 0', () => agent({ security: { runAsUser: 0 } })],
  [
    'SECURITY_FORBIDDEN',
    'chart/w: podAnnotations hold container.apparmor.security.beta.kubernetes.io/runtime: unconfined',
    () => agent({ podAnnotations: { 'container.apparmor.security.beta.kubernetes.io/runtime': 'unconfined' } }),
  ],
  ['SECURITY_FORBIDDEN', 'security.fsGroup is -1', () => agent({ security: { fsGroup: -1 } })],
  [
    'SECURITY_FORBIDDEN',
    'security.seccompProfile is "../x.json"',
    () => agent({ security: { seccompProfile: '../x.json' } }),
  ],
  ...(['runAsUser', 'runAsGroup', 'fsGroup'] as const).map((prop): FaultCase => [
    'SECURITY_FORBIDDEN',
    `chart/w: security.${prop} is 1000, and the cluster decides it`,
    () => agent({ security: { [prop]: 1000 } }, ClusterProfile.openshift()),
  ]),
  [
    'SERVICE_ACCOUNT_INVALID',
    'chart/w: its ServiceAccount "shared" is in the namespace "other"',
    () => {
      const program = new Program();
      const other = new Chart(program.app, 'other', { namespace: 'other' });
      const serviceAccount = new ServiceAccount(other, 'account', { metadata: { name: 'shared' } });
      return program.agent('w', { serviceAccount });
    },
  ],
];

const memory = (size: Size) => [{ name: 'extra', mountPath: '/extra', source: VolumeSource.memory(size) }];

const CONTAINER: FaultCase[] = [
  [
    'MEMORY_OVERCOMMITTED',
    'chart/w: volumes in memory take 512 MiB when they are full; with 128 MiB for the runtime',
    () => agent({ volumes: memory(Size.mebibytes(512)) }),
  ],
  [
    'MEMORY_OVERCOMMITTED',
    'volumes in memory take any number of MiB',
    () =>
      agent({
        volumes: [
          { name: 'extra', mountPath: '/extra', source: VolumeSource.fromSpec({ emptyDir: { medium: 'Memory' } }) },
        ],
      }),
  ],
  [
    'MEMORY_OVERCOMMITTED',
    '2 calls of 128 MiB, 96 MiB for the runtime and 128 MiB of volumes in memory need 480 MiB, 70% of the container',
    () => {
      const data = [DataSource.volume('cache', VolumeSource.memory(Size.mebibytes(32)))];
      return new Program().toolset('w', { data, volumes: memory(Size.mebibytes(32)) });
    },
  ],
  [
    'LIMIT_INVALID',
    'resources.ephemeralStorage requests 1Gi, above its limit of 10Mi',
    () => agent({ resources: { ephemeralStorage: { request: Size.gibibytes(1), limit: Size.mebibytes(10) } } }),
  ],
  [
    'ENV_RESERVED',
    'chart/w: the environment variable HTTPS_PROXY is set for the egress proxy already',
    () => agent({ ...hosted, env: { HTTPS_PROXY: EnvValue.fromValue('http://other:3128') } }),
  ],
  [
    'ENV_RESERVED',
    "NODE_EXTRA_CA_CERTS is set from the model's credentials, the cluster's profile or the pod's own address already",
    () =>
      agent(
        { env: { NODE_EXTRA_CA_CERTS: EnvValue.fromValue('/x') } },
        ClusterProfile.generic({ extraCaBundle: { configMapName: 'ca' } }),
      ),
  ],
];

/** Faults of autoscalers, rollouts, scheduling, security and the container of pods. */
export const POD_FAULTS: FaultCase[] = [...AUTOSCALING, ...REPLACEMENT, ...SCHEDULING, ...SECURITY, ...CONTAINER];
