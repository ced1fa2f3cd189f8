import { createServer } from 'node:https';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import type { AddressInfo, Server } from 'node:net';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { certificateFor } from '../../runtime-kit/test/test-certificate';
import { TestProxy } from '../../runtime-kit/test/test-proxy';
import { AgentBundle, AgentProcess } from './agent-process';
import { ModelApi } from './model-api';
import { documentOf, RunningAgent } from './running-agent';
import { ASSUMED } from './sts-answer';
import { ENVIRONMENT, KEY, WIRE_FORMATS } from './wire-formats';

const HOST = 'model.example.com:80';
const openai = WIRE_FORMATS.openai!;

describe('an agent behind an egress proxy', () => {
  let api: ModelApi;
  let proxy: TestProxy;
  let agent: RunningAgent;

  beforeAll(async () => {
    api = await ModelApi.start();
    proxy = await TestProxy.start({ [HOST]: api.address });
    const variables = { HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url };
    const model = openai.model('http://model.example.com');
    agent = await RunningAgent.start({ model }, { ...ENVIRONMENT, ...variables });
  });

  afterEach(() => {
    proxy.refuseWith = undefined;
    proxy.seen.length = 0;
    agent.log.length = 0;
  });

  afterAll(async () => {
    await agent.stop();
    await proxy.stop();
    await api.stop();
  });

  it('asks its model through it', async () => {
    api.willAnswer(openai.text('Hello.'));
    expect(await agent.invoke('Hello?')).toMatchObject({ output: 'Hello.' });
    expect(proxy.seen).toMatchObject([{ method: 'POST', headers: { authorization: `Bearer ${KEY}` } }]);
  });

  it('says which host the proxy refused and what to do, and does not ask again', async () => {
    proxy.refuseWith = 403;
    const response = await agent.post({ input: 'Hello?' });
    expect(response.status).toBe(502);
    expect(await response.json()).toMatchObject({
      code: 'model-failed',
      detail: `The egress proxy refused ${HOST}. Declare this host as egress of the agent.`,
    });
    expect(proxy.seen).toHaveLength(1);
    expect(agent.logged('model-failed')).toMatchObject([{ reason: 'egress-refused', host: HOST, proxyStatus: 403 }]);
    expect(JSON.stringify(agent.log)).not.toContain(KEY);
  });

  it('is ready while the proxy is not there, since it can still say so', async () => {
    const gone = await TestProxy.start({});
    const variables = { HTTPS_PROXY: gone.url, HTTP_PROXY: gone.url };
    await gone.stop();
    const lonely = await RunningAgent.start(
      { model: openai.model('http://model.example.com') },
      { ...ENVIRONMENT, ...variables },
    );
    try {
      expect((await fetch(`${lonely.url}/readyz`)).status).toBe(200);
      const problem = await (await lonely.post({ input: 'Hello?' })).json();
      expect(problem).toMatchObject({ code: 'model-failed', detail: 'The egress proxy does not answer.' });
      expect(lonely.logged('model-failed')).toMatchObject([{ reason: 'egress-unreachable', host: HOST }]);
    } finally {
      await lonely.stop();
    }
  });
});

const STS = 'sts.eu-west-1.amazonaws.com';
const BEDROCK = 'bedrock-runtime.eu-west-1.amazonaws.com';
const TOKEN = 'token-of-the-service-account';
const bedrock = WIRE_FORMATS.bedrock!;

describe('the credentials of Bedrock behind an egress proxy', () => {
  const certificate = certificateFor(STS, BEDROCK);
  const stsRequests: string[] = [];
  const endings: (() => Promise<unknown>)[] = [];
  let bundle: AgentBundle;
  let folder: string;
  let api: ModelApi;
  let sts: string;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'agent-egress-'));
    await writeFile(path.join(folder, 'ca.pem'), certificate.cert);
    await writeFile(path.join(folder, 'token'), TOKEN);
    bundle = await AgentBundle.build();
    api = await ModelApi.start(certificate);
    sts = await serve(createServer(certificate), (request, response) => {
      void text(request).then((body) => {
        stsRequests.push(body);
        response.writeHead(200, { 'content-type': 'text/xml' }).end(ASSUMED);
      });
    });
  }, 60_000);

  afterEach(async () => {
    stsRequests.length = 0;
    for (const end of endings.splice(0).reverse()) await end();
  });

  afterAll(async () => {
    await Promise.all([bundle.remove(), api.stop(), rm(folder, { recursive: true })]);
    await new Promise((resolve) => servers.forEach((server) => server.close(resolve)));
  });

  const servers: Server[] = [];
  async function serve(
    server: ReturnType<typeof createServer> | ReturnType<typeof createHttpServer>,
    listener: RequestListener,
  ): Promise<string> {
    server.on('request', listener);
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
    return `127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  /** Starts the agent as its pod would, with the proxy as the only way to the names of AWS, and asks it once. */
  async function ask(hosts: Readonly<Record<string, string>>, variables: NodeJS.ProcessEnv) {
    const proxy = await TestProxy.start(hosts);
    endings.push(() => proxy.stop());
    const model = { provider: 'bedrock' as const, modelId: 'model-7', region: 'eu-west-1' };
    const running = await AgentProcess.start(bundle, documentOf({ model }), {
      PATH: process.env.PATH,
      HOME: folder,
      NODE_EXTRA_CA_CERTS: path.join(folder, 'ca.pem'),
      HTTP_PROXY: proxy.url,
      HTTPS_PROXY: proxy.url,
      NO_PROXY: '127.0.0.1,169.254.169.254,169.254.170.23',
      NODE_USE_ENV_PROXY: '1',
      ...variables,
    });
    endings.push(() => running.end());
    api.willAnswer(bedrock.text('Hello.'));
    const response = await fetch(`${await running.url()}/invoke`, {
      method: 'POST',
      headers: { ...running.headers, connection: 'close' },
      body: JSON.stringify({ input: 'Hello?' }),
    });
    const body: unknown = await response.json();
    // Its log is complete when it has ended.
    await running.end();
    return { body, tunnels: proxy.seen.map(({ target }) => target), log: running.stdout.join('\n') };
  }

  const roleOfServiceAccount = () => ({
    AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/agent',
    AWS_WEB_IDENTITY_TOKEN_FILE: path.join(folder, 'token'),
  });

  it('are had of STS through the proxy, for the role of the service account', async () => {
    const hosts = { [`${STS}:443`]: sts, [`${BEDROCK}:443`]: api.address };
    const { body, tunnels } = await ask(hosts, roleOfServiceAccount());
    expect(body).toMatchObject({ output: 'Hello.' });
    expect(tunnels).toEqual([`${STS}:443`, `${BEDROCK}:443`]);
    const asked = new URLSearchParams(stsRequests[0]);
    expect([asked.get('Action'), asked.get('WebIdentityToken')]).toEqual(['AssumeRoleWithWebIdentity', TOKEN]);
    const [request] = api.requests;
    expect(request?.headers.authorization).toContain('Credential=ASIAFROMSTS/');
    expect(request?.headers['x-amz-security-token']).toBe('session-from-sts');
  });

  it('that STS cannot give, since the proxy refuses it, are told by its host', async () => {
    const { body, tunnels, log } = await ask({ [`${BEDROCK}:443`]: api.address }, roleOfServiceAccount());
    expect(body).toMatchObject({
      code: 'model-failed',
      detail: `The egress proxy refused ${STS}:443. Declare this host as egress of the agent.`,
    });
    expect(tunnels).toEqual([`${STS}:443`]);
    expect(log).toContain('"reason":"egress-refused"');
    expect(log).not.toContain(TOKEN);
  });

  it('that nobody has are told as such', async () => {
    const { body, log } = await ask({}, { AWS_EC2_METADATA_DISABLED: 'true' });
    expect(body).toMatchObject({
      code: 'model-failed',
      detail: 'No credentials for the provider could be had. Check its role and token.',
    });
    expect(log).toContain('"reason":"credentials","cause":"CredentialsProviderError"');
  });

  const lent = {
    AccessKeyId: 'ASIALENT',
    SecretAccessKey: 'secret',
    Token: 'lent',
    Expiration: '2099-01-01T00:00:00Z',
  };

  it('of Pod Identity are asked for directly', async () => {
    const agentOfNode = await serve(
      createHttpServer(),
      (_request, response) => void response.end(JSON.stringify(lent)),
    );
    const { tunnels } = await ask(
      { [`${BEDROCK}:443`]: api.address },
      { AWS_CONTAINER_CREDENTIALS_FULL_URI: `http://${agentOfNode}/v1/credentials` },
    );
    expect(tunnels).toEqual([`${BEDROCK}:443`]);
    expect(api.requests[0]?.headers.authorization).toContain('Credential=ASIALENT/');
  });

  it('of the instance are asked for directly', async () => {
    const metadata = await serve(createHttpServer(), (request, response) => {
      if (request.method === 'PUT') response.end('metadata-token');
      else if (request.url?.endsWith('/security-credentials/')) response.end('role-of-the-instance');
      else response.end(JSON.stringify({ Code: 'Success', ...lent }));
    });
    const { tunnels } = await ask(
      { [`${BEDROCK}:443`]: api.address },
      { AWS_EC2_METADATA_SERVICE_ENDPOINT: `http://${metadata}` },
    );
    expect(tunnels).toEqual([`${BEDROCK}:443`]);
    expect(api.requests[0]?.headers.authorization).toContain('Credential=ASIALENT/');
  });
});
