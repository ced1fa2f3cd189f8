import { Chart } from 'cdk8s';
import { GrafanaDashboard, type GrafanaDashboardProps } from 'agentyard';
import { knownMetrics, metricsIn } from './known-metrics';
import { MonitoredProgram } from './monitored-program';
import type { Manifest } from './program';
import { silenceWarnings } from './silence-warnings';

silenceWarnings();

function dashboard(props?: GrafanaDashboardProps, id = 'agentyard') {
  const program = new MonitoredProgram();
  const monitoring = new Chart(program.app, 'monitoring', { namespace: 'monitoring' });
  new GrafanaDashboard(monitoring, id, props);
  const { metadata, data } = program.object('ConfigMap', id, monitoring);
  return { metadata, model: JSON.parse(data[`${id}.json`]) };
}

const queriesOf = (model: Manifest): string[] =>
  model.panels.flatMap(({ targets }: Manifest) => targets.map(({ expr }: Manifest) => expr));

describe('a dashboard', () => {
  it('is a ConfigMap that Grafana’s sidecar finds', () => {
    expect(dashboard().metadata.labels).toMatchObject({ grafana_dashboard: '1', 'agentyard.dev/app': 'program' });
    const { metadata, model } = dashboard({
      title: 'Support',
      labels: { dashboards: 'yes' },
      annotations: { grafana_folder: 'Platform' },
    });
    expect(metadata.labels).toMatchObject({ dashboards: 'yes' });
    expect(metadata.labels).not.toHaveProperty('grafana_dashboard');
    expect(metadata.annotations).toEqual({ grafana_folder: 'Platform' });
    expect(model.title).toBe('Support');
  });

  it('asks for metrics that there are, of what was chosen', async () => {
    const known = await knownMetrics();
    const queries = queriesOf(dashboard().model);
    expect(queries.length).toBeGreaterThan(10);
    for (const query of queries) {
      expect(metricsIn(query).filter((metric) => !known.has(metric))).toEqual([]);
      for (const [matchers] of query.matchAll(/\{[^}]*\}/g)) expect(matchers).toContain('namespace=~"$namespace"');
    }
  });

  it('lets one choose a data source, and namespaces and workloads of the program', () => {
    const variables: Manifest[] = dashboard().model.templating.list;
    expect(variables.map(({ name, type }) => `${type} ${name}`)).toEqual([
      'datasource datasource',
      'query namespace',
      'query workload',
    ]);
    expect(variables[1].definition).toBe('label_values(agentyard_requests{namespace=~"agents|sales"}, namespace)');
    const { panels } = dashboard().model;
    for (const { datasource, targets } of panels) {
      for (const source of [datasource, ...targets.map((target: Manifest) => target.datasource)]) {
        expect(source).toEqual({ type: 'prometheus', uid: '${datasource}' });
      }
    }
  });

  it('has graphs side by side that do not overlap, each with an id of its own', () => {
    const { panels } = dashboard().model;
    expect(new Set(panels.map(({ id }: Manifest) => id)).size).toBe(panels.length);
    expect(new Set(panels.map(({ gridPos: { x, y } }: Manifest) => `${x} ${y}`)).size).toBe(panels.length);
    for (const { gridPos } of panels) expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
  });

  it('keeps its id in Grafana, which no other dashboard has', () => {
    const { uid } = dashboard().model;
    expect(uid).toMatch(/^[a-zA-Z0-9_-]{1,40}$/);
    expect(dashboard().model.uid).toBe(uid);
    expect(dashboard({}, 'second').model.uid).not.toBe(uid);
  });
});
