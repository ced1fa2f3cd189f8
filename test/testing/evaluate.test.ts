import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ApiObject, App, Chart } from 'cdk8s';
import { Deployment, Pod } from 'cdk8s-plus-29';
import { Construct } from 'constructs';
import { callers, canReach, evaluate, reachable, type KubernetesObject } from 'agentyard/testing';
import 'agentyard/testing/jest';
import { Program } from '../constructs/program';
import { silenceWarnings } from '../constructs/silence-warnings';

silenceWarnings();

const closed = (namespace: string): KubernetesObject => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name: 'closed', namespace },
  spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'] },
});
const pod = (name: string): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'n', labels: { app: name } },
  spec: { containers: [] },
});

describe('evaluate', () => {
  it('takes an app, a chart of it, or any other construct of it, and means the whole program', () => {
    const program = new Program();
    const logs = program.toolset('logs');
    const support = program.agent('support', { tools: [logs] });
    for (const what of [program.app, program.chart, support]) {
      expect(evaluate(what).canReach(support, logs, 8080).allowed).toBe(true);
    }
  });

  it('takes objects', () => {
    const evaluation = evaluate([pod('a'), pod('b'), closed('n')]);
    const [a, b] = evaluation.platform.workloads as [
      (typeof evaluation.platform.workloads)[0],
      (typeof evaluation.platform.workloads)[0],
    ];
    expect(evaluation.canReach(a, b, 80).allowed).toBe(false);
    expect(evaluation.at(a)).not.toReach(b, 80);
    expect(evaluation.at(a)).toReachOnly([]);
  });

  it('fails as synthesis does, with every fault', () => {
    const app = new App();
    const chart = new Chart(app, 'chart');
    for (const fault of ['one', 'two']) chart.node.addValidation({ validate: () => [fault] });
    expect(() => evaluate(app)).toThrow('Validation failed with the following errors:\n  [chart] one\n  [chart] two');
  });

  it('refuses what is not understood, unless it is left out', () => {
    const program = new Program();
    const logs = program.toolset('logs');
    new ApiObject(program.chart, 'mesh', { apiVersion: 'security.istio.io/v1', kind: 'AuthorizationPolicy' });
    expect(() => evaluate(program.app)).toThrow('AuthorizationPolicy');
    const evaluation = evaluate(program.app, { leaveOut: ({ kind }) => kind === 'AuthorizationPolicy' });
    expect(evaluation.at(logs)).toReachOnly([]);
  });

  it('passes on what manifests do not say of the cluster', () => {
    const program = new Program();
    const logs = program.toolset('logs');
    const at = (clusterDomain: string) =>
      evaluate(program.app, { clusterDomain }).canReach(logs, 'logs.agents.svc.corp.example', 8080).because[0];
    expect(at('corp.example')).toContain('Deployment agents/logs');
    expect(at('cluster.local')).toContain('logs.agents.svc.corp.example');
  });

  it('stands for the program as it was; questions without it, for the program as it is', () => {
    const program = new Program();
    const logs = program.toolset('logs');
    const support = program.agent('support');
    const before = evaluate(program.app);
    new ApiObject(program.chart, 'open', {
      ...closed('agents'),
      metadata: { name: 'open' },
      spec: { podSelector: {}, ingress: [{}], egress: [{}] },
    } as never);
    expect(before.at(support)).not.toReach(logs, 8080);
    expect(support).toReach(logs, 8080);
    expect(canReach(support, logs, 8080).allowed).toBe(true);
    expect(reachable(support).map(({ peer }) => peer)).toContain('anyone');
    expect(callers(support).map(({ peer }) => peer)).toContain('anyone');
  });

  it('refuses constructs of another program, and ends of none', () => {
    const [one, two] = [new Program(), new Program()];
    const [logs, other] = [one.toolset('logs'), two.toolset('logs')];
    expect(() => canReach(logs, other, 8080)).toThrow('is of another program');
    expect(() => canReach('1.1.1.1', { namespace: 'n', labels: {} }, 80)).toThrow('none of the ends is a construct');
  });
});

describe('constructs with pods', () => {
  const app = new App();
  const chart = new Chart(app, 'chart', { namespace: 'shop' });
  const web = new Deployment(chart, 'web', { containers: [{ image: 'web', portNumber: 80 }] });
  const db = new Pod(chart, 'db', {
    metadata: { labels: { app: 'db' } },
    containers: [{ image: 'db', portNumber: 5432 }],
  });
  web.connections.allowTo(db);
  const raw = new ApiObject(chart, 'raw', {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    spec: { template: { metadata: { labels: { app: 'raw' } }, spec: { containers: [] } } },
  });

  it('may be workloads and pods of cdk8s-plus', () => {
    expect(web).toReach(db, 5432);
    expect(web).not.toReach(raw, 80);
    expect(db).not.toBeReachableFrom(raw, 5432);
  });

  it('of cdk8s-plus are known by the label that it selects them by', () => {
    const network = evaluate(app);
    expect(network.at(web)).toReachOnly([[db, 5432]]);
    expect(network.callers(db).map(({ workload }) => workload)).toEqual([network.endpoint(web)]);
  });

  it('may be ApiObjects', () => {
    expect(raw).toReach('example.com', 443);
  });

  it('may make several workloads, if one of them is the default child', () => {
    const pair = new Construct(chart, 'pair');
    const workload = (kind: string, id: string) =>
      new ApiObject(pair, id, { apiVersion: kind === 'Job' ? 'batch/v1' : 'apps/v1', kind });
    workload('Job', 'refresh');
    pair.node.defaultChild = workload('Deployment', 'server');
    expect(reachable(pair).length).toBeGreaterThan(0);
    expect(evaluate(app).endpoint(pair)).toMatchObject({ kind: 'Deployment' });
  });

  it('must be one workload', () => {
    expect(() => canReach(chart, 'example.com', 443)).toThrow(/chart is not one workload, it makes .*web.*db.*raw/);
    expect(() => canReach(new Chart(app, 'empty'), 'example.com', 443)).toThrow('it makes none');
  });
});

describe('a directory of manifests', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), 'manifests-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('is read with its folders, from YAML of several documents and from JSON', () => {
    mkdirSync(path.join(folder, 'sub'));
    const text = [pod('a'), closed('n')].map((object) => JSON.stringify(object)).join('\n---\n');
    writeFileSync(path.join(folder, 'one.k8s.yaml'), `# comment\n${text}\n---\n`);
    writeFileSync(path.join(folder, 'sub/two.json'), JSON.stringify(pod('b')));
    writeFileSync(path.join(folder, 'values.yaml'), 'replicas: 1\n');
    writeFileSync(path.join(folder, 'notes.txt'), 'not: [yaml');
    const { platform } = evaluate(folder);
    expect(platform.workloads.map(({ title }) => title)).toEqual(['Pod n/a', 'Pod n/b']);
    expect(platform.canReach(platform.workload('n', 'a'), platform.workload('n', 'b'), 80).allowed).toBe(false);
  });

  it.each([
    ['broken.yaml', 'kind: NetworkPolicy\n spec: {', 'broken.yaml'],
    ['twice.yaml', 'kind: NetworkPolicy\nkind: Pod', 'Map keys must be unique'],
    ['broken.json', '{', 'broken.json'],
  ])('%s fails, so that no policy is read in part', (name, text, message) => {
    writeFileSync(path.join(folder, name), text);
    expect(() => evaluate(folder)).toThrow(message);
  });

  it('without manifests fails', () => {
    expect(() => evaluate(folder)).toThrow('there is no manifest');
    expect(() => evaluate(path.join(folder, 'absent'))).toThrow('absent');
  });
});
