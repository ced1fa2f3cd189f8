import {
  ClusterProfile,
  Egress,
  Peer,
  TelemetryCollector,
  type ClusterProfileOptions,
  type TracingOptions,
} from 'agentyard';
import 'agentyard/testing/jest';
import { Program, type Manifest } from './program';
import { silenceWarnings } from './silence-warnings';

silenceWarnings();

const servedBy = Peer.pods({ namespace: 'observability', podLabels: { app: 'otel-collector' } });
const IN_CLUSTER = { url: 'http://otel-collector.observability.svc:4318', servedBy };

function programWith(options: ClusterProfileOptions, tracing?: TracingOptions): Program {
  const program = new Program('agents', ClusterProfile.generic(options));
  program.gateway('gateway', { tracing });
  return program;
}

const tracingOf = (program: Program): Manifest => program.document('gateway-routes', 'gateway.json').tracing;

const egressOf = (program: Program): Manifest[] => program.object('NetworkPolicy', 'gateway').spec.egress ?? [];

describe('a telemetry collector of the cluster’s profile', () => {
  it('gets the traces of gateways, to whose pods and port the policy opens the way', () => {
    const program = programWith({ telemetryCollector: TelemetryCollector.otlp({ ...IN_CLUSTER, podPort: 14_318 }) });
    expect(tracingOf(program)).toEqual({
      endpoint: 'http://otel-collector.observability.svc:4318/v1/traces',
      samplingRatio: 0.01,
      trustsProxySampling: false,
    });
    expect(egressOf(program)).toContainEqual({
      to: [
        {
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'observability' } },
          podSelector: { matchLabels: { app: 'otel-collector' } },
        },
      ],
      ports: [{ port: 14_318, protocol: 'TCP' }],
    });
  });

  it('is reached by the egress engine when it is outside of the cluster', () => {
    const telemetryCollector = TelemetryCollector.otlp({ url: 'https://otlp.example.com/base/' });
    const program = programWith({ telemetryCollector, egress: Egress.cilium() });
    expect(tracingOf(program).endpoint).toBe('https://otlp.example.com/base/v1/traces');
    const policy = program.object('CiliumNetworkPolicy', 'gateway-egress');
    expect(JSON.stringify(policy.spec)).toContain('otlp.example.com');
    expect(JSON.stringify(policy.spec)).toContain('"443"');
  });

  it('opens nothing for other workloads, nor for one on the own machine', () => {
    const program = programWith({ telemetryCollector: TelemetryCollector.otlp({ url: 'http://localhost:4318' }) });
    expect(tracingOf(program).endpoint).toBe('http://localhost:4318/v1/traces');
    expect(egressOf(program)).toEqual(egressOf(programWith({})));
    const other = new Program(
      'agents',
      ClusterProfile.generic({ telemetryCollector: TelemetryCollector.otlp(IN_CLUSTER) }),
    );
    other.toolset('tools');
    expect(JSON.stringify(other.object('NetworkPolicy', 'tools'))).not.toContain('observability');
  });

  it('gets the traces of agents too, with the share that one says', () => {
    const program = programWith({ telemetryCollector: TelemetryCollector.otlp(IN_CLUSTER) });
    program.agent('support');
    program.agent('triage', { tracing: { samplingRatio: 1 } });
    const endpoint = 'http://otel-collector.observability.svc:4318/v1/traces';
    expect(program.document('support-config', 'agent.json').tracing).toEqual({ endpoint, samplingRatio: 0.01 });
    expect(program.document('triage-config', 'agent.json').tracing).toEqual({ endpoint, samplingRatio: 1 });
    for (const agent of ['support', 'triage']) {
      expect(JSON.stringify(program.object('NetworkPolicy', agent).spec.egress)).toContain('observability');
    }
  });

  it('gets as many as a gateway says, and none at all without one', () => {
    const profile = {
      telemetryCollector: TelemetryCollector.otlp(IN_CLUSTER),
      trustedProxies: { cidrs: ['10.1.0.0/16'] },
    };
    expect(tracingOf(programWith(profile, { samplingRatio: 1, trustsProxySampling: true }))).toMatchObject({
      samplingRatio: 1,
      trustsProxySampling: true,
    });
    const silent = programWith(profile, { samplingRatio: 0 });
    expect(tracingOf(silent)).toBeUndefined();
    expect(JSON.stringify(egressOf(silent))).not.toContain('observability');
    expect(tracingOf(programWith({}))).toBeUndefined();
  });
});
