import { AlertRules, GrafanaDashboard } from 'agentyard';
import { Chart } from 'cdk8s';
import { TestMcpServer } from '../../agent-runtime/test/mcp-server';
import { RunningAgent, weather } from '../../agent-runtime/test/running-agent';
import type { Metrics } from '../../runtime-kit/src/metrics';
import { MetricsServer } from '../../runtime-kit/src/metrics-server';
import { metricsIn } from '../../test/constructs/known-metrics';
import { MonitoredProgram } from '../../test/constructs/monitored-program';
import type { Manifest } from '../../test/constructs/program';
import { silenceWarnings } from '../../test/constructs/silence-warnings';
import { agent, byAgent, cleanUp, documentOf, eventually, onCleanUp, startAgent, startTestGateway } from './fixture';
import { post, startToolset, toolset } from './toolset-fixture';

silenceWarnings();
afterAll(cleanUp);

/** Of others, whose names are theirs: those of Node.js, and of kube-state-metrics. */
const OF_OTHERS = /^(?:process|nodejs|kube)_/;

const own = (names: Iterable<string>): Set<string> => new Set([...names].filter((name) => !OF_OTHERS.test(name)));

/** Names of the samples that an agent serves when it was asked, and has called a tool. */
async function emittedByAgent(): Promise<Set<string>> {
  const tools = await TestMcpServer.start();
  onCleanUp(() => tools.stop());
  const steps = [{ calls: [{ tool: 'forecast', input: { city: 'Oslo' } }] }, { say: 'Sunny.' }];
  const model = { provider: 'scripted' as const, rules: [{ steps }] };
  const running = await RunningAgent.start({ model, toolsets: [weather('forecast')] });
  onCleanUp(() => running.stop());
  await running.resolve({ 'weather:8080': [`127.0.0.1:${tools.port}`] });
  await running.invoke('Weather?');
  return served(running.metrics);
}

/** Names of the samples that a gateway serves when each kind of request was there. */
async function emittedByGateway(): Promise<Set<string>> {
  const support = await startAgent('support');
  const logs = await startToolset('logs');
  const gateway = await startTestGateway({
    document: documentOf({
      agents: [agent('support')],
      routes: [byAgent('support')],
      toolsets: [toolset('logs', ['echo'])],
    }),
    hosts: { 'support-pods:8080': [support.address], 'logs-pods:8080': [logs.address] },
  });
  await (await gateway.invoke({ agent: 'support', input: 'hi' })).text();
  await (await post(gateway, 'modern', 'tools/call', { name: 'echo', arguments: { text: 'a' } })).text();
  const durations = gateway.metrics.histograms.find(({ name }) => name === 'mcp_server_operation_duration_seconds')!;
  await eventually(() => [...durations.series].length > 0);
  return served(gateway.metrics);
}

async function served(metrics: Metrics): Promise<Set<string>> {
  const server = await MetricsServer.start({ host: '127.0.0.1', port: 0 }, metrics, () => ({ inFlight: 0, queued: 0 }));
  try {
    const text = await (await fetch(`http://127.0.0.1:${server.port}/metrics`)).text();
    return new Set([...text.matchAll(/^([a-z_]+)[ {]/gm)].map(([, name]) => name!));
  } finally {
    await server.close();
  }
}

/** Names of the metrics that the dashboard and the alerts of a program ask for. */
function asked(): Set<string> {
  const program = new MonitoredProgram();
  const monitoring = new Chart(program.app, 'monitoring', { namespace: 'monitoring' });
  new AlertRules(program.chart, 'alerts');
  new GrafanaDashboard(monitoring, 'dashboard');
  const { groups } = program.object('PrometheusRule', 'alerts').spec;
  const { panels } = JSON.parse(program.object('ConfigMap', 'dashboard', monitoring).data['dashboard.json']);
  const rules = groups.flatMap((group: Manifest) => group.rules.map(({ expr }: Manifest) => expr));
  const graphs = panels.flatMap(({ targets }: Manifest) => targets.map(({ expr }: Manifest) => expr));
  return new Set([...rules, ...graphs].flatMap(metricsIn));
}

describe('the metrics of a running gateway and of a running agent', () => {
  it('are those that dashboard and alerts ask for, and none is left out', async () => {
    const there = own(new Set([...(await emittedByGateway()), ...(await emittedByAgent())]));
    const wanted = own(asked());
    expect([...wanted].filter((name) => !there.has(name))).toEqual([]);
    const family = (name: string) => name.replace(/(_seconds|_usage)_(?:bucket|count|sum)$/, '$1');
    const shown = new Set([...wanted].map(family));
    const missing = [...there].map(family).filter((name) => !shown.has(name));
    expect([...new Set(missing)]).toEqual([]);
  });
});
