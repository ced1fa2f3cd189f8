import { readFileSync } from 'node:fs';
import path from 'node:path';
import {
  AlertRules,
  KeycloakAdministrator,
  KeycloakRealm,
  KeycloakServer,
  type AlertRulesProps,
  type AlertThresholds,
} from 'agentyard';
import { knownMetrics, metricsIn } from './known-metrics';
import { MonitoredProgram } from './monitored-program';
import { Program, type Manifest } from './program';
import { silenceWarnings } from './silence-warnings';

silenceWarnings();

const DOCS = readFileSync(path.join(__dirname, '../../docs/monitoring.md'), 'utf8');

function alerts(props?: AlertRulesProps): Manifest[] {
  const program = new MonitoredProgram();
  new AlertRules(program.chart, 'alerts', props);
  const { metadata, spec } = program.object('PrometheusRule', 'alerts');
  expect(metadata.namespace).toBe('agents');
  return spec.groups.flatMap(({ rules }: Manifest) => rules);
}

const named = (name: string, props?: AlertRulesProps): Manifest => alerts(props).find(({ alert }) => alert === name);

describe('alerts', () => {
  it('ask for metrics that there are, of their own namespace alone', async () => {
    const known = await knownMetrics();
    for (const { alert, expr } of alerts()) {
      expect([alert, metricsIn(expr).filter((metric) => !known.has(metric))]).toEqual([alert, []]);
      expect(metricsIn(expr).length).toBeGreaterThan(0);
      for (const [matchers] of expr.matchAll(/\{[^}]*\}/g)) expect(matchers).toContain('namespace="agents"');
    }
  });

  it('each have a section of docs/monitoring.md, with their severity, and no other has one', () => {
    const sections = [...DOCS.matchAll(/^### (Agentyard\w+)\n\n\*\*(\w+)\*\*/gm)].map(([, name, severity]) => [
      name,
      severity,
    ]);
    expect(sections.sort()).toEqual(
      alerts()
        .map(({ alert, labels }) => [alert, labels.severity])
        .sort(),
    );
  });

  it('lead to their section', () => {
    for (const { alert, annotations } of alerts()) {
      expect(annotations.summary).not.toBe('');
      expect(annotations.runbook_url).toBe(
        `https://github.com/agentyard/agentyard/blob/main/docs/monitoring.md#${alert.toLowerCase()}`,
      );
    }
    const [{ annotations }] = alerts({ runbookUrl: 'https://wiki.example.com/alerts' });
    expect(annotations.runbook_url).toBe('https://wiki.example.com/alerts#agentyardfailureburnfast');
  });

  it('are about the workloads of their namespace, the egress proxy and the job that renews keys among them', () => {
    const { expr: down } = named('AgentyardWorkloadDown');
    expect(down).toContain('deployment=~"door|support|tools"');
    expect(named('AgentyardIdentityJobFailing').expr).toContain('cronjob=~"program-trust"');
    expect(named('AgentyardQueueLong').expr).toContain('workload=~"door|support|tools"');
    for (const { expr } of alerts()) expect(expr).not.toContain('sales');
  });

  it('are about the job of a realm, where there is nothing else', () => {
    const program = new Program('identity');
    new KeycloakRealm(program.chart, 'mcp', {
      hostname: 'sso.example.com',
      server: KeycloakServer.ofOperator({ namespace: 'sso', instanceName: 'keycloak' }),
      administrator: KeycloakAdministrator.fromSecretName('keycloak-administrator'),
    });
    new AlertRules(program.chart, 'alerts');
    const { groups } = program.object('PrometheusRule', 'alerts').spec;
    const rules = groups.flatMap(({ rules }: Manifest) => rules);
    expect(rules.map(({ alert }: Manifest) => alert)).toEqual(['AgentyardIdentityJobFailing']);
    expect(rules[0].expr).toContain('cronjob=~"mcp-sync"');
  });

  it('begin where the thresholds say', () => {
    const thresholds: AlertThresholds = {
      availability: 0.999,
      minFailures: 20,
      queuedPerPod: 8,
      authFailuresPerMinute: 100,
    };
    const expression = (name: string, props?: AlertRulesProps): string => named(name, props).expr;
    expect(expression('AgentyardFailureBurnFast')).toContain('> 0.144');
    expect(expression('AgentyardFailureBurnFast', { thresholds })).toContain('> 0.0144');
    expect(expression('AgentyardFailureBurnSlow', { thresholds })).toContain('> 0.006');
    expect(expression('AgentyardFailureBurnSlow', { thresholds })).toContain('>= 20');
    expect(expression('AgentyardQueueLong', { thresholds })).toMatch(/> 8$/);
    expect(expression('AgentyardAuthFailureSpike', { thresholds })).toMatch(/> 100$/);
  });

  it('carry the labels by which they are sent to a team', () => {
    for (const { labels } of alerts({ alertLabels: { team: 'platform', severity: 'none' } })) {
      expect(labels.team).toBe('platform');
      expect(['critical', 'warning']).toContain(labels.severity);
    }
  });

  it.each<[AlertThresholds, RegExp]>([
    [{ availability: 99 }, /\[LIMIT_INVALID\] chart\/alerts: thresholds.availability is 99/],
    [{ minFailures: 0 }, /thresholds.minFailures is 0/],
    [{ queuedPerPod: -1 }, /thresholds.queuedPerPod is -1/],
    [{ authFailuresPerMinute: NaN }, /thresholds.authFailuresPerMinute is NaN/],
  ])('fail synth with thresholds %j', (thresholds, message) => {
    expect(() => alerts({ thresholds })).toThrow(message);
  });
});
