import type { LocalPlatform } from '@agentyard/cli';
import { Chart } from 'cdk8s';
import {
  Agent,
  ApiKeys,
  Auth,
  Autoscaling,
  ClusterProfile,
  Egress,
  Entry,
  McpGateway,
  Model,
  Peer,
  Prompt,
  RouteMatch,
} from 'agentyard';
import { ModelApi } from '../../agent-runtime/test/model-api';
import { WIRE_FORMATS } from '../../agent-runtime/test/wire-formats';
import { TestProxy } from '../../runtime-kit/test/test-proxy';
import { LocalProgram } from './local-program';

const HOST = 'models.example.com';

/** A platform whose pods leave the cluster through the egress proxy, on a laptop that has a proxy of its own. */
describe('a platform with egress by name, on this machine', () => {
  const program = new LocalProgram();
  const before = { ...process.env };
  let api: ModelApi;
  let proxy: TestProxy;
  let platform: LocalPlatform;

  beforeAll(async () => {
    api = await ModelApi.start();
    proxy = await TestProxy.start({ [`${HOST}:80`]: api.address });
    process.env.HTTP_PROXY = proxy.url;
    program.synth((app) => {
      ClusterProfile.generic({
        egress: Egress.proxy(),
        metricsScraper: Peer.cidr('10.0.0.0/8'),
        extraCaBundle: { configMapName: 'corporate-authorities' },
      }).applyTo(app);
      const chart = new Chart(app, 'platform', { namespace: 'platform' });
      const support = new Agent(chart, 'support', {
        prompt: Prompt.fromText('Answer.'),
        model: Model.openaiCompatible('model-7', { baseUrl: `http://${HOST}/v1` }),
        autoscaling: Autoscaling.horizontal({ minReplicas: 2, maxReplicas: 9, targetRequestsPerPod: 4 }),
      });
      const gateway = new McpGateway(chart, 'gateway', {
        auth: Auth.apiKeys(ApiKeys.fromSecretName('gateway-api-keys')),
        entries: [Entry.fromPods({ namespace: 'platform', podLabels: { app: 'client' } })],
      });
      gateway.addRoute('by-name', { match: RouteMatch.agent(support), priority: 1 });
    });
    platform = await program.start();
  });

  afterAll(async () => {
    process.env = before;
    await program.end();
    await proxy.stop();
    await api.stop();
  });

  it('starts all but the egress proxy, and says what that means', () => {
    expect(platform.workloads.map(({ name, replicas }) => [name, replicas])).toEqual(
      expect.arrayContaining([
        ['support', 1],
        ['gateway', 1],
      ]),
    );
    expect(platform.workloads).toHaveLength(2);
    const told = platform.notEnforced.join('\n');
    expect(told).toContain('egress by host name (no egress proxy is started): egress-proxy');
    expect(told).toContain('support 1 instead of 2 or more');
  });

  it('reaches a model through the proxy of this machine, and the agent without it', async () => {
    api.willAnswer(WIRE_FORMATS.openaiCompatible!.text('Hello.'));
    const answer = await program.post('/v1/invoke', { agent: 'support', input: 'Hello?' });
    expect(await answer.json()).toMatchObject({ output: 'Hello.' });
    expect(proxy.seen.map(({ target }) => target)).toEqual([`http://${HOST}/v1/chat/completions`]);
  });

  it('serves the metrics that the autoscaler follows, on this machine alone', async () => {
    const line = program.lines.find((text) => text.startsWith('support') && text.includes('metrics listening'));
    const port = /port=(\d+)/.exec(line ?? '')?.[1];
    const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    expect(metrics).toContain('\nagentyard_requests 0\n');
    expect(metrics).toContain('\nagentyard_requests_total{outcome="ok"} 1\n');
  });
});
