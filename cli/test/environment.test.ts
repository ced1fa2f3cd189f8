import { readFile } from 'node:fs/promises';
import { certificateFor } from '../../runtime-kit/test/test-certificate';
import { banner } from '../src/dev/banner';
import { gateway, workload } from './fixtures/manifests';
import { Stage, stateOf } from './fixtures/stage';

const secretVariable = (name: string, reference: object) => ({ name, valueFrom: { secretKeyRef: reference } });
const support = (options: object) => workload('agent', 'support', { document: {}, ...options });

describe('the environment of a runtime', () => {
  let stage: Stage;
  const before = { ...process.env };

  beforeEach(() => {
    const ways = /^((http|https|no)_proxy|NODE_EXTRA_CA_CERTS)$/i;
    for (const name of Object.keys(process.env)) if (ways.test(name)) delete process.env[name];
  });
  afterEach(async () => {
    process.env = { ...before };
    await stage.close();
  });

  it('is what its pod would have, and nothing of the developer’s own but PATH and LANG', async () => {
    process.env.AWS_SECRET_ACCESS_KEY = 'the developer’s own';
    process.env.LANG = 'C.UTF-8';
    stage = await Stage.open(support({ env: [{ name: 'LOG_LEVEL', value: 'debug' }] }));
    const { env, overlay } = await stateOf(await stage.start(), 'support');
    expect(Object.keys(env).sort()).toEqual(['AGENTYARD_DOCUMENT', 'AGENTYARD_LOCAL', 'LANG', 'LOG_LEVEL', 'PATH']);
    expect(env).toMatchObject({
      AGENTYARD_DOCUMENT: '/etc/agentyard/agent.json',
      LOG_LEVEL: 'debug',
      PATH: process.env.PATH,
    });
    expect(overlay.listen).toEqual({ host: '127.0.0.1', port: 0 });
  });

  /** What synthesis sets for a workload that goes through an egress proxy. */
  const throughProxy = (url: string) => [
    ...['HTTP_PROXY', 'HTTPS_PROXY', 'http_proxy', 'https_proxy'].map((name) => ({ name, value: url })),
    ...['NO_PROXY', 'no_proxy'].map((name) => ({ name, value: 'localhost,.svc' })),
    { name: 'NODE_USE_ENV_PROXY', value: '1' },
  ];
  const IN_CLUSTER = 'http://egress-proxy.default.svc.cluster.local:12345';

  it('names no proxy of the cluster, which does not run here', async () => {
    stage = await Stage.open(support({ env: throughProxy(IN_CLUSTER) }));
    const { env } = await stateOf(await stage.start(), 'support');
    expect(Object.keys(env).filter((name) => /proxy/i.test(name))).toEqual(['NODE_USE_ENV_PROXY']);
  });

  it.each([
    ['where the pod has one of the cluster', throughProxy(IN_CLUSTER)],
    ['where the pod has none', []],
  ])('names the developer’s own proxy, by which this machine reaches the internet, %s', async (_, env) => {
    process.env.HTTPS_PROXY = 'http://proxy.corp.example:3128';
    process.env.no_proxy = '.corp.example';
    stage = await Stage.open(support({ env }));
    const state = await stateOf(await stage.start(), 'support');
    const named = Object.entries(state.env).filter(([name]) => /^(http|https|no)_proxy$/i.test(name));
    expect(Object.fromEntries(named)).toEqual({
      HTTPS_PROXY: 'http://proxy.corp.example:3128',
      no_proxy: '.corp.example',
    });
  });

  it('names the proxy that the program itself names outside of the cluster', async () => {
    process.env.HTTPS_PROXY = 'http://proxy.corp.example:3128';
    stage = await Stage.open(support({ env: [{ name: 'HTTPS_PROXY', value: 'http://other.example:8080' }] }));
    const { env } = await stateOf(await stage.start(), 'support');
    expect(env).toMatchObject({ HTTPS_PROXY: 'http://other.example:8080' });
  });

  const CA_VARIABLE = { name: 'NODE_EXTRA_CA_CERTS', value: '/etc/agentyard-ca/ca-certificates.crt' };
  const caVolume = {
    volumes: [
      {
        name: 'ca-bundle',
        configMap: { name: 'corporate-ca', items: [{ key: 'ca.crt', path: 'ca-certificates.crt' }] },
      },
    ],
    mounts: [{ name: 'ca-bundle', mountPath: '/etc/agentyard-ca' }],
  };
  const CERTIFICATE = certificateFor('proxy.corp.example').cert;

  it('names the certificate authorities of the cluster where they are on this machine', async () => {
    const configMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'corporate-ca' } };
    stage = await Stage.open([
      ...support({ env: [CA_VARIABLE], ...caVolume }),
      { ...configMap, data: { 'ca.crt': CERTIFICATE } },
    ]);
    const { env } = await stateOf(await stage.start(), 'support');
    expect(await readFile(env.NODE_EXTRA_CA_CERTS ?? '', 'utf8')).toBe(CERTIFICATE);
  });

  it('names the developer’s own authorities for those that only the cluster has, or what --mount gives', async () => {
    stage = await Stage.open(support({ env: [CA_VARIABLE], ...caVolume }));
    const file = await stage.file('ca-certificates.crt', CERTIFICATE);
    process.env.NODE_EXTRA_CA_CERTS = file;
    const platform = await stage.start();
    expect((await stateOf(platform, 'support')).env.NODE_EXTRA_CA_CERTS).toBe(file);
    expect(banner(platform, false)).toContain('give it with --mount support/ca-bundle=<dir>');
    await platform.stop();
    delete process.env.NODE_EXTRA_CA_CERTS;
    const { env } = await stateOf(await stage.start({ mounts: { 'ca-bundle': stage.root } }), 'support');
    expect(env.NODE_EXTRA_CA_CERTS).toBe(file);
  });

  it('asks for the authorities of what is called where only the cluster has them', async () => {
    const name = 'authorities-1234567890';
    const volumes = [{ name, configMap: { name: 'crm-ca', items: [{ key: 'ca.crt', path: 'ca.crt' }] } }];
    stage = await Stage.open(support({ volumes, mounts: [{ name, mountPath: '/etc/agentyard-authorities/crm' }] }));
    expect(banner(await stage.start(), false)).toContain(`give it with --mount support/${name}=<dir>`);
  });

  it('takes values from ConfigMaps, Secrets, files that stand for Secrets, and fields, in Kubernetes’ order', async () => {
    const env = [
      { name: 'REGION', valueFrom: { configMapKeyRef: { name: 'settings', key: 'region' } } },
      { name: 'HOST', value: 'bedrock.$(REGION).example $(UNKNOWN) $$(REGION)' },
      { name: 'SHADOWED', value: 'by env' },
      { name: 'POD', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
      { name: 'KIND', valueFrom: { fieldRef: { fieldPath: "metadata.labels['agentyard.dev/runtime']" } } },
      secretVariable('FROM_MANIFEST', { name: 'in-manifest', key: 'token' }),
      secretVariable('FROM_FILE', { name: 'aws', key: 'AWS_KEY' }),
      secretVariable('OPTIONAL', { name: 'nowhere', key: 'x', optional: true }),
    ];
    const envFrom = [{ configMapRef: { name: 'settings' }, prefix: 'MY_' }, { secretRef: { name: 'aws' } }];
    stage = await Stage.open([
      ...support({ env, envFrom }),
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings' }, data: { region: 'eu-west-1' } },
      {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'in-manifest' },
        data: { token: Buffer.from('t0ken').toString('base64') },
      },
    ]);
    const file = await stage.file('aws.env', '# credentials\nAWS_KEY="from a file"\nSHADOWED=by envFrom\n');
    const state = await stateOf(await stage.start({ envFiles: { aws: file } }), 'support');
    expect(state.env).toMatchObject({
      REGION: 'eu-west-1',
      MY_region: 'eu-west-1',
      HOST: 'bedrock.eu-west-1.example $(UNKNOWN) $(REGION)',
      SHADOWED: 'by env',
      POD: 'support-0',
      KIND: 'agent',
      FROM_MANIFEST: 't0ken',
      FROM_FILE: 'from a file',
      AWS_KEY: 'from a file',
    });
    expect(state.env).not.toHaveProperty('OPTIONAL');
  });

  it('keeps a workload from starting that lacks a Secret, says what to do, and starts the others', async () => {
    const env = [secretVariable('KEY', { name: 'anthropic', key: 'ANTHROPIC_API_KEY' })];
    stage = await Stage.open([...support({ env }), ...gateway()]);
    const platform = await stage.start();
    expect(platform.workloads.map(({ name }) => name)).toEqual(['gateway']);
    expect(platform.notStarted.map(({ workload: { name }, reasons }) => [name, reasons])).toEqual([
      [
        'support',
        [
          'key ANTHROPIC_API_KEY of Secret default/anthropic is not given; ' +
            'add --env-file anthropic=<file> with a line ANTHROPIC_API_KEY=<value>',
        ],
      ],
    ]);
  });

  it('fails the start when no workload has all of its Secrets, naming each', async () => {
    const env = [secretVariable('KEY', { name: 'anthropic', key: 'ANTHROPIC_API_KEY' })];
    stage = await Stage.open(support({ env, envFrom: [{ secretRef: { name: 'aws' } }] }));
    await expect(stage.start()).rejects.toThrow(
      /the agent support was not started: Secret default\/aws is not given; add --env-file aws=.*\n.*--env-file anthropic=/,
    );
    const file = await stage.file('wrong.env', 'OTHER=1\n');
    await expect(stage.start({ envFiles: { anthropic: file, aws: file } })).rejects.toThrow(
      'key ANTHROPIC_API_KEY of Secret default/anthropic',
    );
  });
});
