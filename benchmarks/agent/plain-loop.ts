/**
 * An agent as one writes it in one file: the SDK's loop over a model and a toolset, its text as Server-Sent Events, traces and
 * metrics. It checks nobody, keeps no limit but turns, and says nothing of its tools.
 */
import { createServer, type ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { SpanKind } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { BatchSpanProcessor, TraceIdRatioBasedSampler, TracerProvider } from '@opentelemetry/sdk-trace';
import { dynamicTool, jsonSchema, stepCountIs, streamText, type JSONSchema7, type ToolSet } from 'ai';
import { collectDefaultMetrics, Histogram, Registry } from 'prom-client';
import { MODEL_ID } from './question';

interface Settings {
  readonly modelUrl: string;
  readonly toolsetUrl: string;
  readonly traces: string;
}

const { modelUrl, toolsetUrl, traces } = JSON.parse(process.argv[2]!) as Settings;
const model = createOpenAICompatible({ name: 'bench', baseURL: modelUrl, apiKey: 'key', includeUsage: true })(MODEL_ID);
const registry = new Registry();
collectDefaultMetrics({ register: registry });
const durations = new Histogram({
  name: 'run_duration_seconds',
  help: 'How long requests took',
  registers: [registry],
});
const provider = new TracerProvider({
  sampler: new TraceIdRatioBasedSampler(0.01),
  spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter({ url: traces }) })],
});
const tracer = provider.getTracer('plain');
let connected: Promise<Client> | undefined;

async function connect(): Promise<Client> {
  const client = new Client({ name: 'plain', version: '1.0.0' }, { versionNegotiation: { mode: 'auto' } });
  await client.connect(new StreamableHTTPClientTransport(new URL(toolsetUrl)));
  return client;
}

async function toolsOf(client: Client): Promise<ToolSet> {
  const { tools } = await client.listTools();
  const callable = tools.map(({ name, description, inputSchema }) => {
    const execute = (input: unknown) => client.callTool({ name, arguments: input as Record<string, unknown> });
    const tool = dynamicTool({ description, inputSchema: jsonSchema(inputSchema as JSONSchema7), execute });
    return [name, tool] as const;
  });
  return Object.fromEntries(callable);
}

async function answer({ input }: { readonly input: string }, response: ServerResponse): Promise<void> {
  const end = durations.startTimer();
  const span = tracer.startSpan('invoke_agent plain', { kind: SpanKind.SERVER });
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const tools = await toolsOf(await (connected ??= connect()));
  const messages = [{ role: 'user' as const, content: input }];
  const { textStream } = streamText({ model, instructions: 'Answer.', messages, tools, stopWhen: stepCountIs(8) });
  for await (const text of textStream) response.write(`data: ${JSON.stringify({ text })}\n\n`);
  response.end();
  span.end();
  end();
  process.stdout.write(`${JSON.stringify({ event: 'request', time: new Date().toISOString() })}\n`);
}

const server = createServer((request, response) => {
  if (request.url === '/readyz') return void response.end('ok');
  if (request.url === '/metrics') return void registry.metrics().then((text) => response.end(text));
  void json(request).then((body) => answer(body as { input: string }, response));
});

server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${JSON.stringify({ event: 'listening', ...(server.address() as { port: number }) })}\n`);
});
