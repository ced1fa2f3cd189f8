import { PassThrough } from 'node:stream';
import { Chart } from 'cdk8s';
import { LogForwarding, LogLines, LokiOutput, type LogForwardingProps, type LokiUrlOptions } from 'agentyard';
import { createLogger } from '../../runtime-kit/src/logger';
import { Program, type Manifest } from './program';
import { silenceWarnings } from './silence-warnings';

silenceWarnings();

const LOKI_STACK = LokiOutput.lokiStack({ name: 'logging-loki' });

function forwarded(props: Partial<LogForwardingProps> = {}) {
  const program = new Program('agents');
  program.agent('support');
  program.agent('sales', {}, new Chart(program.app, 'other', { namespace: 'sales' }));
  const logging = new Chart(program.app, 'logging', { namespace: 'openshift-logging' });
  new LogForwarding(logging, 'agentyard', { loki: LOKI_STACK, ...props });
  const object = (kind: string, name = 'agentyard'): Manifest => program.object(kind, name, logging);
  return { program, logging, object, spec: () => object('ClusterLogForwarder').spec };
}

describe('log forwarding', () => {
  it('reads what pods of this library log in the namespaces of the program', () => {
    expect(forwarded().spec().inputs).toEqual([
      {
        name: 'agentyard',
        type: 'application',
        application: {
          includes: [{ namespace: 'agents' }, { namespace: 'sales' }],
          selector: { matchExpressions: [{ key: 'agentyard.dev/runtime', operator: 'Exists' }] },
        },
      },
    ]);
  });

  it('sends audit lines to a LokiStack with the token of its ServiceAccount', () => {
    const { spec, object } = forwarded();
    expect(spec()).toMatchObject({
      serviceAccount: { name: 'agentyard' },
      outputs: [
        {
          name: 'loki',
          type: 'lokiStack',
          lokiStack: {
            target: { name: 'logging-loki', namespace: 'openshift-logging' },
            authentication: { token: { from: 'serviceAccount' } },
            tuning: { deliveryMode: 'AtLeastOnce' },
          },
          tls: { ca: { configMapName: 'openshift-service-ca.crt', key: 'service-ca.crt' } },
        },
      ],
      pipelines: [{ inputRefs: ['agentyard'], filterRefs: ['audit-lines'], outputRefs: ['loki'] }],
    });
    expect(object('ServiceAccount').metadata.namespace).toBe('openshift-logging');
  });

  it.each([
    ['collect-application-logs', LOKI_STACK, true],
    ['cluster-logging-write-application-logs', LOKI_STACK, true],
    ['collect-application-logs', LokiOutput.url('https://loki.example.com'), true],
    ['cluster-logging-write-application-logs', LokiOutput.url('https://loki.example.com'), false],
  ])('has the role %s where it needs it', (role, loki, needed) => {
    const { program, logging } = forwarded({ loki });
    const bindings = program.synth(logging).filter(({ kind }) => kind === 'ClusterRoleBinding');
    const bound = bindings.filter(({ roleRef }) => roleRef.name === role);
    expect(bound).toHaveLength(needed ? 1 : 0);
    for (const { metadata, subjects } of bound) {
      expect(metadata.namespace).toBeUndefined();
      expect(metadata.name).toBe(`openshift-logging.agentyard.${role}`);
      expect(subjects).toEqual([{ kind: 'ServiceAccount', name: 'agentyard', namespace: 'openshift-logging' }]);
    }
  });

  it('drops every line of a runtime that is no audit line, and one that quotes an audit line', () => {
    const [{ test }] = forwarded().spec().filters[0].drop;
    expect(test).toEqual([{ field: '.message', notMatches: '"type":"audit"' }]);
    const kept = (fields: object, message = 'request') => new RegExp(test[0].notMatches).test(logLine(fields, message));
    expect(kept({ type: 'audit', method: 'tools/call', user: 'jane' })).toBe(true);
    expect(kept({ event: 'listening', port: 8080 }, 'listening')).toBe(false);
    expect(kept({ event: 'tool-call', tool: '{"type":"audit"}' }, '"type":"audit"')).toBe(false);
  });

  it('sends all lines, labels them and takes other namespaces where it is told to', () => {
    const { spec } = forwarded({
      lines: LogLines.ALL,
      labels: { platform: 'support' },
      namespaces: ['tools'],
    });
    expect(spec().filters).toEqual([
      { name: 'labels', type: 'openshiftLabels', openshiftLabels: { platform: 'support' } },
    ]);
    expect(spec().pipelines[0].filterRefs).toEqual(['labels']);
    expect(spec().inputs[0].application.includes).toEqual([{ namespace: 'tools' }]);
    const plain = forwarded({ lines: LogLines.ALL }).spec();
    expect(plain).not.toHaveProperty('filters');
    expect(plain.pipelines[0]).not.toHaveProperty('filterRefs');
  });

  it('sends to any Loki, with a token from a Secret, an authority and a tenant', () => {
    const loki = (options?: LokiUrlOptions) =>
      forwarded({ loki: LokiOutput.url('https://loki.example.com', options) }).spec().outputs[0];
    expect(
      loki({ tenant: 'agents', tokenSecretName: 'loki-token', authorityConfigMapName: 'company-ca' }),
    ).toMatchObject({
      name: 'loki',
      type: 'loki',
      loki: {
        url: 'https://loki.example.com',
        tenantKey: 'agents',
        authentication: { token: { from: 'secret', secret: { name: 'loki-token', key: 'token' } } },
      },
      tls: { ca: { configMapName: 'company-ca', key: 'ca-bundle.crt' } },
    });
    expect(loki()).not.toHaveProperty('tls');
    expect(loki().loki).not.toHaveProperty('authentication');
  });

  it('fails synth without a namespace that it could read, and with names that a forwarder does not take', () => {
    const program = new Program('openshift-logging');
    new LogForwarding(program.chart, 'x', { loki: LOKI_STACK });
    expect(() => program.synth()).toThrow(/\[NAMESPACE_MISSING\] chart\/x: the program has no workloads/);
    expect(() => program.synth()).toThrow(/\[NAME_INVALID\] chart\/x: "x" is no name that a log forwarder takes/);
  });

  it.each([
    [() => LokiOutput.lokiStack({ name: 'L' }), /\[LOKI_INVALID\] LokiOutput.lokiStack: "L"/],
    [() => LokiOutput.url('loki:3100'), /\[LOKI_INVALID\] LokiOutput.url: "loki:3100" is no URL/],
    [() => LokiOutput.url('https://loki.example.com', { tenant: '{.x}' }), /\[LOKI_INVALID\].*"\{\.x\}" is no tenant/],
  ])('takes no Loki that a forwarder could not send to: %s', (make, message) => {
    expect(make).toThrow(message);
  });

  it('repeats no password of a URL', () => {
    const make = () => LokiOutput.url('https://user:hunter2@loki.example.com');
    expect(make).toThrow(/\[LOKI_INVALID\] LokiOutput.url: the URL holds credentials/);
    expect(make).not.toThrow(/hunter2/);
  });
});

/** A line as a runtime writes it. */
function logLine(fields: object, message: string): string {
  const stream = new PassThrough();
  createLogger({ component: 'gateway', name: 'door', namespace: 'agents' }, stream).info(fields, message);
  return String(stream.read());
}
