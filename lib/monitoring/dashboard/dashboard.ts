import { AGENT_PANELS } from './agent-panels';
import { GATEWAY_PANELS } from './gateway-panels';
import type { Panel } from './panel';
import { RUNTIME_PANELS } from './panels';

/** What a dashboard follows from. */
export interface DashboardParts {
  /** Id of the dashboard in Grafana, at most 40 characters. */
  readonly uid: string;
  readonly title: string;
  /** Namespaces that can be chosen. */
  readonly namespaces: readonly string[];
}

const DATASOURCE = { type: 'prometheus', uid: '${datasource}' };
const [COLUMNS, WIDTH, HEIGHT] = [2, 12, 8];

/** The JSON model of a dashboard of Grafana. */
export function dashboardModel({ uid, title, namespaces }: DashboardParts) {
  return {
    uid,
    title,
    tags: ['agentyard'],
    schemaVersion: 39,
    version: 1,
    editable: false,
    graphTooltip: 1,
    refresh: '1m',
    time: { from: 'now-6h', to: 'now' },
    timezone: 'browser',
    templating: {
      list: [
        { name: 'datasource', label: 'Data source', type: 'datasource', query: 'prometheus', refresh: 1 },
        variable('namespace', `label_values(agentyard_requests{namespace=~"${namespaces.join('|')}"}, namespace)`),
        variable('workload', 'label_values(agentyard_requests{namespace=~"$namespace"}, workload)'),
      ],
    },
    panels: [...RUNTIME_PANELS, ...GATEWAY_PANELS, ...AGENT_PANELS].map(timeSeries),
  };
}

function variable(name: string, query: string) {
  return {
    name,
    type: 'query',
    datasource: DATASOURCE,
    query: { query, refId: name },
    definition: query,
    refresh: 2,
    sort: 1,
    multi: true,
    includeAll: true,
    current: { text: ['All'], value: ['$__all'] },
  };
}

function timeSeries({ title, description, unit, queries }: Panel, index: number) {
  return {
    id: index + 1,
    type: 'timeseries',
    title,
    description,
    datasource: DATASOURCE,
    gridPos: { x: (index % COLUMNS) * WIDTH, y: Math.floor(index / COLUMNS) * HEIGHT, w: WIDTH, h: HEIGHT },
    fieldConfig: { defaults: { unit, min: 0 }, overrides: [] },
    options: { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi', sort: 'desc' } },
    targets: queries.map(({ expression, legend }, i) => ({
      refId: String.fromCharCode('A'.charCodeAt(0) + i),
      datasource: DATASOURCE,
      editorMode: 'code',
      range: true,
      expr: expression,
      legendFormat: legend,
    })),
  };
}
