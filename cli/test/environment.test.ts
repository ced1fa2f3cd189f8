import { gateway, workload } from './fixtures/manifests';
import { Stage, stateOf } from './fixtures/stage';

const secretVariable = (name: string, reference: object) => ({ name, valueFrom: { secretKeyRef: reference } });
const support = (options: object) => workload('agent', 'support', { document: {}, ...options });

describe('the environment of a runtime', () => {
  let stage: Stage;
  afterEach(() => stage.close());

  it('is what its pod would have, and nothing of the developer’s own but PATH and LANG', async () => {
    process.env.HTTPS_PROXY = 'http://proxy.example:3128';
    process.env.AWS_SECRET_ACCESS_KEY = 'the developer’s own';
    process.env.LANG = 'C.UTF-8';
    stage = await Stage.open(support({ env: [{ name: 'LOG_LEVEL', value: 'debug' }] }));
    const { env, overlay } = await stateOf(await stage.start(), 'support');
    delete process.env.HTTPS_PROXY;
    delete process.env.AWS_SECRET_ACCESS_KEY;
    expect(Object.keys(env).sort()).toEqual(['AGENTYARD_DOCUMENT', 'AGENTYARD_LOCAL', 'LANG', 'LOG_LEVEL', 'PATH']);
    expect(env).toMatchObject({
      AGENTYARD_DOCUMENT: '/etc/agentyard/agent.json',
      LOG_LEVEL: 'debug',
      PATH: process.env.PATH,
    });
    expect(overlay.listen).toEqual({ host: '127.0.0.1', port: 0 });
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
