import { Duration } from 'cdk8s';
import { Program, type Manifest } from './program';
import { silenceWarnings } from './silence-warnings';

silenceWarnings();

const container = (program: Program): Manifest => program.object('Deployment', 'w').spec.template.spec.containers[0];

describe.each(['agent', 'toolset', 'gateway'] as const)('the probes of %s', (kind) => {
  it('ask at the paths that the runtime serves', () => {
    const program = new Program();
    program[kind]('w');
    const { livenessProbe, readinessProbe, startupProbe } = container(program);
    expect(livenessProbe).toEqual({
      httpGet: { path: '/healthz', port: 'http' },
      periodSeconds: 10,
      timeoutSeconds: 5,
      failureThreshold: 3,
    });
    expect(readinessProbe).toEqual({
      httpGet: { path: '/readyz', port: 'http' },
      periodSeconds: 5,
      timeoutSeconds: 5,
      failureThreshold: 2,
    });
    expect(startupProbe).toEqual({
      httpGet: { path: '/healthz', port: 'http' },
      periodSeconds: 1,
      timeoutSeconds: 5,
      failureThreshold: 60,
    });
  });
});

describe('options of probes', () => {
  it('change one probe each, and what is not given stays', () => {
    const program = new Program();
    program.agent('w', {
      livenessProbe: { period: Duration.seconds(30), initialDelay: Duration.seconds(3) },
      readinessProbe: { timeout: Duration.seconds(2) },
      startupProbe: { failureThreshold: 300 },
    });
    const { livenessProbe, readinessProbe, startupProbe } = container(program);
    expect(livenessProbe).toMatchObject({ periodSeconds: 30, initialDelaySeconds: 3, timeoutSeconds: 5 });
    expect(readinessProbe).toMatchObject({ periodSeconds: 5, timeoutSeconds: 2, failureThreshold: 2 });
    expect(startupProbe).toMatchObject({ periodSeconds: 1, failureThreshold: 300 });
  });
});
