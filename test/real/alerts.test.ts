import { Chart } from 'cdk8s';
import { AlertRules, Credentials, GrafanaDashboard, Model } from 'agentyard';
import { MonitoredProgram } from '../constructs/monitored-program';
import { warningsOf, type Manifest } from '../constructs/program';
import { SCENARIOS, type AlertScenario } from '../linters/alert-scenarios';
import { Promtool, type RuleFile } from '../linters/promtool';

/** What has to be compiled first takes minutes on a bare machine. */
const BUILD = 20 * 60_000;

let promtool: Promtool;
let rules: RuleFile;
let dashboard: Manifest;

beforeAll(() => {
  promtool = Promtool.build();
  warningsOf(synthesize);
}, BUILD);

/** Rules and queries on a program that has workloads of all kinds. */
function synthesize(): void {
  const program = new MonitoredProgram();
  const credentials = Credentials.fromSecretName('anthropic');
  program.agent('hosted', { model: Model.anthropic('m', { credentials }) });
  const monitoring = new Chart(program.app, 'monitoring', { namespace: 'monitoring' });
  new AlertRules(program.chart, 'alerts');
  new GrafanaDashboard(monitoring, 'dashboard');
  rules = program.object('PrometheusRule', 'alerts').spec;
  dashboard = JSON.parse(program.object('ConfigMap', 'dashboard', monitoring).data['dashboard.json']);
}

const alertsOf = (file: RuleFile): Manifest[] => file.groups.flatMap((group) => group.rules as Manifest[]);

describe('alerts, read by Prometheus’ own program', () => {
  it('are rules that it takes', async () => {
    await promtool.check(rules);
  });

  it('each have a scenario in which they fire, and one in which they are silent', () => {
    const names = alertsOf(rules).map(({ alert }) => alert as string);
    for (const fires of [true, false]) {
      const shown = SCENARIOS.filter(({ says }) => (says !== undefined) === fires).map(({ alert }) => alert);
      expect([...new Set(shown)].sort()).toEqual([...names].sort());
    }
  });

  it.each(
    SCENARIOS.map((scenario) => [scenario.alert, scenario.says ? 'fires' : 'is silent', scenario.when, scenario]),
  )('%s %s when %s', async (_alert, _does, _when, scenario) => {
    await promtool.test(rules, [unitTest(scenario)]);
  });

  it('and a scenario that is not so would be seen', async () => {
    const firing = SCENARIOS.find(({ says }) => says !== undefined)!;
    await expect(promtool.test(rules, [unitTest({ ...firing, says: undefined })])).rejects.toThrow(/exp:\[\]/);
  });
});

describe('a dashboard, read by Prometheus’ own program', () => {
  it('asks what it understands', async () => {
    const queries: string[] = dashboard.panels.flatMap(({ targets }: Manifest) =>
      targets.map(({ expr }: Manifest) => expr),
    );
    const filled = queries.map((query) => query.replaceAll('$__rate_interval', '5m').replaceAll(/\$\w+/g, 'any'));
    const recorded = filled.map((expr, i) => ({ record: `query:${i}`, expr }));
    await promtool.check({ groups: [{ name: 'dashboard', rules: recorded }] });
    expect(recorded.length).toBeGreaterThan(10);
  });

  it('and what it does not understand would be seen', async () => {
    const wrong = { record: 'query:0', expr: 'sum by (x (rate(y[5m]))' };
    await expect(promtool.check({ groups: [{ name: 'wrong', rules: [wrong] }] })).rejects.toThrow(/parse error/);
  });
});

function unitTest({ alert, series, at, says }: AlertScenario): object {
  const rule = alertsOf(rules).find((each) => each.alert === alert);
  const expected = says && {
    exp_labels: { ...says.labels, severity: rule.labels.severity },
    exp_annotations: { summary: says.summary, runbook_url: rule.annotations.runbook_url },
  };
  return {
    interval: '1m',
    input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
    alert_rule_test: [{ eval_time: at, alertname: alert, exp_alerts: expected ? [expected] : [] }],
  };
}
