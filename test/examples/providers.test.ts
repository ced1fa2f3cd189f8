import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import os from 'node:os';
import path from 'node:path';
import type { AddressInfo } from 'node:net';
import { agentDocument, parseDocument } from 'agentyard/contract';
import { parseAllDocuments } from 'yaml';
import { AgentBundle, AgentProcess } from '../../agent-runtime/test/agent-process';
import { ModelApi } from '../../agent-runtime/test/model-api';
import { documentOf } from '../../agent-runtime/test/running-agent';
import { ASSUMED } from '../../agent-runtime/test/sts-answer';
import { WIRE_FORMATS, type WireFormat } from '../../agent-runtime/test/wire-formats';
import { certificateFor } from '../../runtime-kit/test/test-certificate';
import { TestProxy } from '../../runtime-kit/test/test-proxy';
import { synthesis } from '../apps/synthesis';

const FOLDER = path.join(__dirname, '../../examples/providers');
const KEY = 'key-of-the-example';

/** What a program of the examples reaches, and how what it reaches is spoken. */
interface Example {
  readonly file: string;
  readonly host: string;
  readonly wire: WireFormat;
  readonly path: string;
  readonly keyHeader: string | undefined;
}

const example = (file: string, host: string, wire: string, at: string, keyHeader?: string): Example => ({
  file,
  host,
  wire: WIRE_FORMATS[wire]!,
  path: at,
  keyHeader,
});

const BEDROCK_MODEL = encodeURIComponent('eu.anthropic.claude-sonnet-4-5-20250929-v1:0');
const EXAMPLES: readonly Example[] = [
  example('anthropic', 'api.anthropic.com:443', 'anthropic', '/v1/messages', 'x-api-key'),
  example('openai', 'eu.api.openai.com:443', 'openai', '/v1/responses', 'authorization'),
  example(
    'google',
    'generativelanguage.googleapis.com:443',
    'google',
    '/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse',
    'x-goog-api-key',
  ),
  example('azure', 'contoso-ai.openai.azure.com:443', 'azure', '/openai/v1/responses?api-version=v1', 'api-key'),
  example(
    'bedrock',
    'bedrock-runtime.eu-west-1.amazonaws.com:443',
    'bedrock',
    `/model/${BEDROCK_MODEL}/converse-stream`,
  ),
  example('openai-compatible', 'vllm.models.svc:8000', 'openaiCompatible', '/v1/chat/completions'),
];

const STS = 'sts.eu-west-1.amazonaws.com:443';

/** The agent of a program as its pod gets it: its document, what its Secret holds, and how its ServiceAccount is marked. */
function podOf(file: string) {
  const texts = Object.values(synthesis(path.join(FOLDER, `${file}.ts`)));
  const objects = texts.flatMap((text) => parseAllDocuments(text).map((each) => each.toJS()));
  const named = (kind: string, name: string) =>
    objects.find((object) => object.kind === kind && object.metadata.name === name);
  const text = named('ConfigMap', 'assistant-config').data[agentDocument.file] as string;
  const [container] = named('Deployment', 'assistant').spec.template.spec.containers;
  // The callers of the document are its gateway in the cluster.
  const { identity } = documentOf({ model: { provider: 'scripted', rules: [{ steps: [{ say: '-' }] }] } });
  const document = { ...parseDocument(agentDocument, text), identity };
  const name = 'apiKeyEnv' in document.model ? document.model.apiKeyEnv : undefined;
  const secret: NodeJS.ProcessEnv = container.envFrom === undefined || name === undefined ? {} : { [name]: KEY };
  const { annotations = {} } = named('ServiceAccount', 'assistant').metadata as { annotations?: object };
  return { document, secret, annotations };
}

describe('the examples of providers', () => {
  const certificate = certificateFor(...[STS, ...EXAMPLES.map(({ host }) => host)].map((host) => host.split(':')[0]!));
  const sts = createServer(certificate, (request, response) => {
    request.resume().once('end', () => response.writeHead(200, { 'content-type': 'text/xml' }).end(ASSUMED));
  });
  let folder: string;
  let bundle: AgentBundle;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'provider-examples-'));
    await writeFile(path.join(folder, 'ca.pem'), certificate.cert);
    await writeFile(path.join(folder, 'token'), 'token-of-the-service-account');
    await new Promise<void>((resolve) => sts.listen(0, '127.0.0.1', () => resolve()));
    bundle = await AgentBundle.build();
  });

  afterAll(async () => {
    await Promise.all([bundle.remove(), rm(folder, { recursive: true })]);
    await new Promise((resolve) => sts.close(resolve));
  });

  /** Whatever a pod is given beside its keys: the proxy, and on EKS a token for the role of its ServiceAccount. */
  const variablesOf = (annotations: object, proxy: TestProxy): NodeJS.ProcessEnv => ({
    PATH: process.env.PATH,
    HOME: folder,
    NODE_EXTRA_CA_CERTS: path.join(folder, 'ca.pem'),
    HTTPS_PROXY: proxy.url,
    NODE_USE_ENV_PROXY: '1',
    ...('eks.amazonaws.com/role-arn' in annotations && {
      AWS_ROLE_ARN: String(annotations['eks.amazonaws.com/role-arn']),
      AWS_WEB_IDENTITY_TOKEN_FILE: path.join(folder, 'token'),
    }),
  });

  it.each(EXAMPLES.map((each) => [each.file, each] as const))(
    '%s.ts: the agent asks its model, and reaches nothing else',
    async (_, { file, host, wire, path: asked, keyHeader }) => {
      const { document, secret, annotations } = podOf(file);
      const isTls = host.endsWith(':443');
      const api = await ModelApi.start(isTls ? certificate : undefined);
      const proxy = await TestProxy.start({
        [host]: api.address,
        [STS]: `127.0.0.1:${(sts.address() as AddressInfo).port}`,
      });
      const environment = { ...variablesOf(annotations, proxy), ...secret };
      const agent = await AgentProcess.start(bundle, document, environment, isTls ? {} : { [host]: [api.address] });
      try {
        api.willAnswer(wire.text('Hello.'));
        const headers = { ...agent.headers, connection: 'close' };
        const body = JSON.stringify({ input: 'Hello?' });
        const response = await fetch(`${await agent.url()}/invoke`, { method: 'POST', headers, body });
        expect(await response.json()).toMatchObject({ output: 'Hello.', stopReason: 'completed' });
        const [request] = api.requests;
        expect(request?.path).toBe(asked);
        expect(JSON.stringify(request?.body)).toContain('You answer in one sentence.');
        if (keyHeader !== undefined) expect(request?.headers[keyHeader]).toContain(KEY);
        expect(new Set(proxy.seen.map(({ target }) => target))).toEqual(
          new Set([...(isTls ? [host] : []), ...(file === 'bedrock' ? [STS] : [])]),
        );
      } finally {
        await agent.end();
        await proxy.stop();
        await api.stop();
      }
    },
  );
});
