import { Lazy } from 'cdk8s';
import { Construct } from 'constructs';
import { deferFault } from '../lib/errors/deferred';
import { dashboardModel } from '../lib/monitoring/dashboard/dashboard';
import { configHash } from '../lib/synth/config-hash';
import { chartNamespace } from '../lib/workload/chart-namespace';
import { checkedLabels } from '../lib/workload/labels';
import { addExtraObject } from './extra-object';
import { workloadNamespaces } from './program-workloads';

/** Properties of a dashboard. */
export interface GrafanaDashboardProps {
  /**
   * What it is called in Grafana.
   * @default 'Agentyard'
   */
  readonly title?: string;
  /**
   * Labels by which Grafana's sidecar finds the ConfigMap.
   * @default { grafana_dashboard: '1' }
   */
  readonly labels?: Record<string, string>;
  /**
   * Annotations of the ConfigMap, for example the folder that the sidecar puts the dashboard into.
   * @default - none
   */
  readonly annotations?: Record<string, string>;
}

/** A dashboard of Grafana on all workloads of the program: a ConfigMap in the namespace of the chart. */
export class GrafanaDashboard extends Construct {
  public constructor(scope: Construct, id: string, props: GrafanaDashboardProps = {}) {
    super(scope, id);
    const { title = 'Agentyard', labels = { grafana_dashboard: '1' }, annotations } = props;
    const namespace = chartNamespace(this);
    const uid = `agentyard-${configHash({ path: `${namespace}/${id}` }).slice(0, 12)}`;
    const produce = () => {
      const model = dashboardModel({ uid, title, namespaces: workloadNamespaces(this) });
      return `${JSON.stringify(model, undefined, 2)}\n`;
    };
    this.node.defaultChild = addExtraObject(this, 'config-map', {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      name: id,
      namespace,
      labels: deferFault(this, () => checkedLabels(this, labels), {}),
      annotations: annotations && (() => annotations),
      content: { data: { [`${id}.json`]: Lazy.any({ produce }) } },
    });
  }
}
