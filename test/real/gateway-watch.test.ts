import { ApiKeys, Auth, Entry, RouteMatch } from 'agentyard';
import type { GatewayDocumentInput } from 'agentyard/contract';
import { ApiServer } from '@agentyard/runtime-kit';
import { runCommand } from '../../cli/test/fixtures/run-command';
import {
  agent,
  API_KEYS,
  byAgent,
  cleanUp,
  documentOf,
  eventually,
  onCleanUp,
  startAgent,
  startTestGateway,
} from '../../gateway-runtime/test/fixture';
import type { KubernetesObject } from '../cluster/api-server';
import { START_TIMEOUT } from '../cluster/control-plane';
import { Program } from '../constructs/program';
import { silenceWarnings } from '../constructs/silence-warnings';
import { TrustStage } from './trust/stage';

jest.setTimeout(120_000);
silenceWarnings();

const NAMESPACE = 'agents';
const RIGHTS = ['ServiceAccount', 'Role', 'RoleBinding'];
/** What is promised of a change that is watched, in milliseconds. */
const PROMISED = 5_000;

/** A real API server, and a gateway with the rights that the synthesis gives it. */
describe('a gateway that watches Kubernetes', () => {
  let stage: TrustStage;
  let manifests: readonly KubernetesObject[];
  const configMap = () => manifests.find(({ metadata }) => metadata.name === 'gateway-routes')!;

  /** A document whose agent is one of this test, and that watches as the synthesized one says. */
  const document = () => {
    const { watch } = JSON.parse(configMap().data['gateway.json'] as string) as Pick<GatewayDocumentInput, 'watch'>;
    const routed = { agents: [agent('support')], routes: [byAgent('support')] };
    return documentOf({ namespace: NAMESPACE, auth: API_KEYS, ...routed, watch });
  };

  beforeAll(async () => {
    const program = new Program(NAMESPACE);
    const support = program.agent('support');
    const auth = Auth.apiKeys(ApiKeys.fromSecretName('gateway-api-keys'));
    const entries = [Entry.fromCidr('10.0.0.0/8')];
    const gateway = program.gateway('gateway', { auth, watchesKubernetes: true, entries });
    gateway.addRoute('by-name', { match: RouteMatch.agent(support) });
    manifests = program.synth() as KubernetesObject[];
    stage = await TrustStage.open();
    await stage.api.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } });
    for (const object of manifests) {
      if (RIGHTS.includes(object.kind) && object.metadata.name === 'gateway') await stage.api.create(object);
    }
    await stage.api.create({ ...configMap(), data: { 'gateway.json': JSON.stringify(document()) } });
  }, START_TIMEOUT);
  afterEach(cleanUp);
  afterAll(() => stage?.close());

  async function running() {
    const { folder, environment } = stage.podOf(await stage.tokenOf(NAMESPACE, 'gateway'));
    const api = ApiServer.ofPod(environment, folder);
    onCleanUp(() => api.close());
    const server = await startAgent('support');
    const gateway = await startTestGateway({
      document: document(),
      hosts: { 'support-pods:8080': [server.address] },
      sources: { apiServer: () => api, pollMs: 1_000 },
    });
    const statusOf = async (key: string) =>
      (await gateway.invoke({ agent: 'support', input: 'hi' }, { 'x-api-key': key })).status;
    return { gateway, statusOf };
  }

  const keys = async (...words: string[]) => {
    const place = ['--secret', 'gateway-api-keys', '-n', NAMESPACE, '--kubeconfig', stage.cluster.kubeconfig];
    const { code, output, errors } = await runCommand('keys', ...words, ...place);
    expect({ code, errors }).toMatchObject({ code: 0 });
    return output.trim();
  };

  /** Waits for a status no longer than is promised. */
  async function expectStatus(ask: () => Promise<number>, status: number): Promise<void> {
    const end = performance.now() + PROMISED;
    await eventually(async () => (await ask()) === status || performance.now() > end);
    expect(await ask()).toBe(status);
  }

  it('knows in time of the first key, of another one, and of one that is revoked', async () => {
    const { statusOf, gateway } = await running();
    const jane = await keys('create', '--user', 'jane', '--expires', '1d');
    await expectStatus(() => statusOf(jane), 200);
    const joe = await keys('create', '--user', 'joe', '--expires', '1d');
    await expectStatus(() => statusOf(joe), 200);
    await keys('revoke', jane.split('_')[1]!);
    await expectStatus(() => statusOf(jane), 401);
    expect(await statusOf(joe)).toBe(200);
    await stage.api.delete({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'gateway-api-keys', namespace: NAMESPACE },
    });
    await expectStatus(() => statusOf(joe), 401);
    expect(gateway.logs.filter(({ level }) => level === 'error')).toEqual([]);
  });

  it('knows in time of a new document', async () => {
    const { gateway } = await running();
    const path = await stage.api.pathOf(configMap());
    const changed = JSON.stringify({ ...document(), maxBodyBytes: 77 });
    const body = { data: { 'gateway.json': changed } };
    await stage.api.request({ method: 'PATCH', path, contentType: 'application/merge-patch+json', body });
    await eventually(() => gateway.logs.some(({ event }) => event === 'reloaded'));
  });

  it('goes by mounted files, and says so, when its rights are taken away', async () => {
    const binding = manifests.find(({ kind, metadata }) => kind === 'RoleBinding' && metadata.name === 'gateway')!;
    await stage.api.delete(binding);
    const { gateway } = await running();
    const failed = await eventually(() => gateway.logs.find(({ event }) => event === 'watch-failed'));
    expect(failed).toMatchObject({ level: 'error', fault: expect.stringMatching(/answers with 403: .* is forbidden/) });
    await stage.api.create(binding);
  });
});
