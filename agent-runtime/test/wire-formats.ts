import { EventStreamCodec } from '@smithy/eventstream-codec';
import type { AgentDocumentInput } from 'agentyard/contract';
import { events, type Answer, type SeenRequest } from './model-api';

/** How a provider's API is spoken: what the agent must send, and what it may get. */
export interface WireFormat {
  model(url: string): AgentDocumentInput['model'];
  readonly path: string;
  readonly keyHeader: readonly [name: string, value: RegExp];
  text(text: string): Answer;
  toolCall(tool: string, input: unknown): Answer;
  /** An answer that has a schema. @default its JSON as text */
  object?(value: unknown): Answer;
  /** What a request says, wherever its format keeps it. */
  read(request: SeenRequest): {
    model: unknown;
    maxTokens: unknown;
    temperature: unknown;
    tools: unknown;
    system: unknown;
  };
}

export const KEY = 'key-of-the-test-0123456789';
export const ENVIRONMENT = { MODEL_KEY: KEY };
const generation = { modelId: 'model-7', maxOutputTokens: 321, temperature: 0.25, apiKeyEnv: 'MODEL_KEY' };

type Json = Readonly<Record<string, unknown>>;

/** The value at a path of keys and indices. */
function at(value: unknown, ...path: (string | number)[]): unknown {
  return path.reduce((inner, key) => (inner as Readonly<Record<string | number, unknown>> | undefined)?.[key], value);
}

const list = (value: unknown): readonly unknown[] => value as readonly unknown[];

const anthropic: WireFormat = {
  model: (url) => ({ provider: 'anthropic', ...generation, baseUrl: `${url}/v1` }),
  path: '/v1/messages',
  keyHeader: ['x-api-key', new RegExp(`^${KEY}$`)],
  text: (text) => anthropicMessage({ type: 'text', text: '' }, { type: 'text_delta', text }, 'end_turn'),
  toolCall: (name, input) =>
    anthropicMessage(
      { type: 'tool_use', id: 'toolu_1', name, input: {} },
      { type: 'input_json_delta', partial_json: JSON.stringify(input) },
      'tool_use',
    ),
  // Models that are not known to have schemas of their own are given a tool.
  object: (value) => anthropic.toolCall('json', value),
  read: ({ body }) => ({
    model: body.model,
    maxTokens: body.max_tokens,
    temperature: body.temperature,
    tools: list(body.tools).map((tool) => at(tool, 'name')),
    system: at(body.system, 0, 'text'),
  }),
};

function anthropicMessage(content_block: Json, delta: Json, stop_reason: string): Answer {
  const message = { id: 'msg_1', type: 'message', role: 'assistant', model: 'model-7', content: [], stop_reason: null };
  return events(
    { type: 'message_start', message: { ...message, usage: { input_tokens: 10, output_tokens: 1 } } },
    { type: 'content_block_start', index: 0, content_block },
    { type: 'content_block_delta', index: 0, delta },
    { type: 'content_block_stop', index: 0 },
    { type: 'message_delta', delta: { stop_reason, stop_sequence: null }, usage: { output_tokens: 5 } },
    { type: 'message_stop' },
  );
}

const openai: WireFormat = {
  model: (url) => ({ provider: 'openai', ...generation, baseUrl: `${url}/v1` }),
  path: '/v1/responses',
  keyHeader: ['authorization', new RegExp(`^Bearer ${KEY}$`)],
  text: (delta) =>
    openaiResponse(
      { type: 'message', id: 'item_1', role: 'assistant', status: 'completed', content: [] },
      { type: 'response.output_text.delta', item_id: 'item_1', output_index: 0, delta },
    ),
  toolCall: (name, input) => {
    const call = {
      type: 'function_call',
      id: 'item_1',
      call_id: 'call_1',
      name,
      arguments: JSON.stringify(input),
      status: 'completed',
    };
    return openaiResponse(call, {
      type: 'response.function_call_arguments.delta',
      item_id: 'item_1',
      output_index: 0,
      delta: call.arguments,
    });
  },
  read: ({ body }) => ({
    model: body.model,
    maxTokens: body.max_output_tokens,
    temperature: body.temperature,
    tools: list(body.tools).map((tool) => at(tool, 'name')),
    system: at(body.input, 0, 'content'),
  }),
};

function openaiResponse(item: Json, delta: Json): Answer {
  const started = 'arguments' in item ? { ...item, arguments: '' } : item;
  const response = { id: 'resp_1', created_at: 1_700_000_000, model: 'model-7' };
  return events(
    { type: 'response.created', response },
    { type: 'response.output_item.added', output_index: 0, item: started },
    delta,
    { type: 'response.output_item.done', output_index: 0, item },
    { type: 'response.completed', response: { ...response, usage: { input_tokens: 10, output_tokens: 5 } } },
  );
}

/** Chat completions, as OpenAI-compatible servers and dated versions of Azure speak them: usage on request only. */
export function chatAnswer(delta: Json, finish_reason: string): Answer {
  const chunk = { id: 'chat_1', object: 'chat.completion.chunk', created: 1_700_000_000, model: 'model-7' };
  const usage = { ...chunk, choices: [], usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 } };
  return (response, request) => {
    const wantsUsage = at(request.body, 'stream_options', 'include_usage') === true;
    events(
      { ...chunk, choices: [{ index: 0, delta: { role: 'assistant', ...delta }, finish_reason: null }] },
      { ...chunk, choices: [{ index: 0, delta: {}, finish_reason }] },
      ...(wantsUsage ? [usage] : []),
      '[DONE]',
    )(response, request);
  };
}

const chat = {
  text: (content: string) => chatAnswer({ content }, 'stop'),
  toolCall: (name: string, input: unknown) =>
    chatAnswer(
      {
        tool_calls: [
          { index: 0, id: 'call_1', type: 'function', function: { name, arguments: JSON.stringify(input) } },
        ],
      },
      'tool_calls',
    ),
  read: ({ body }: SeenRequest) => ({
    model: body.model,
    maxTokens: body.max_tokens,
    temperature: body.temperature,
    tools: list(body.tools).map((tool) => at(tool, 'function', 'name')),
    system: at(body.messages, 0, 'content'),
  }),
};

const openaiCompatible: WireFormat = {
  model: (url) => ({ provider: 'openaiCompatible', ...generation, baseUrl: `${url}/v1` }),
  path: '/v1/chat/completions',
  keyHeader: ['authorization', new RegExp(`^Bearer ${KEY}$`)],
  ...chat,
};

const azure: WireFormat = {
  ...openai,
  model: (url) => ({ provider: 'azure', ...generation, resourceName: 'res', baseUrl: `${url}/openai/v1` }),
  path: '/openai/v1/responses',
  keyHeader: ['api-key', new RegExp(`^${KEY}$`)],
};

const azureDated: WireFormat = {
  ...chat,
  model: (url) => ({
    provider: 'azure',
    ...generation,
    resourceName: 'res',
    baseUrl: `${url}/openai`,
    apiVersion: '2024-10-21',
  }),
  path: '/openai/deployments/model-7/chat/completions?api-version=2024-10-21',
  keyHeader: ['api-key', new RegExp(`^${KEY}$`)],
};

const google: WireFormat = {
  model: (url) => ({ provider: 'google', ...generation, baseUrl: `${url}/v1beta` }),
  path: '/v1beta/models/model-7:streamGenerateContent?alt=sse',
  keyHeader: ['x-goog-api-key', new RegExp(`^${KEY}$`)],
  text: (text) => googleCandidate({ text }),
  toolCall: (name, args) => googleCandidate({ functionCall: { name, args } }),
  read: ({ path, body }) => ({
    model: /models\/([^:]+):/.exec(path)?.[1],
    maxTokens: at(body.generationConfig, 'maxOutputTokens'),
    temperature: at(body.generationConfig, 'temperature'),
    tools: list(at(body.tools, 0, 'functionDeclarations')).map((tool) => at(tool, 'name')),
    system: at(body.systemInstruction, 'parts', 0, 'text'),
  }),
};

function googleCandidate(part: Json): Answer {
  return events({
    candidates: [{ content: { role: 'model', parts: [part] }, finishReason: 'STOP', index: 0 }],
    usageMetadata: { promptTokenCount: 10, candidatesTokenCount: 5, totalTokenCount: 15 },
  });
}

const bedrock: WireFormat = {
  model: (url) => ({
    provider: 'bedrock',
    modelId: 'model-7',
    maxOutputTokens: 321,
    temperature: 0.25,
    region: 'eu-west-1',
    baseUrl: url,
  }),
  path: '/model/model-7/converse-stream',
  keyHeader: ['authorization', /^AWS4-HMAC-SHA256 Credential=AKIDTEST\/\d{8}\/eu-west-1\/bedrock\/aws4_request/],
  text: (text) => bedrockFrames({}, { text }, 'end_turn'),
  toolCall: (name, input) =>
    bedrockFrames(
      { start: { toolUse: { toolUseId: 'tool_1', name } } },
      { toolUse: { input: JSON.stringify(input) } },
      'tool_use',
    ),
  object: (value) => bedrock.toolCall('json', value),
  read: ({ path, body }) => ({
    model: path.split('/')[2],
    maxTokens: at(body.inferenceConfig, 'maxTokens'),
    temperature: at(body.inferenceConfig, 'temperature'),
    tools: list(at(body.toolConfig, 'tools')).map((tool) => at(tool, 'toolSpec', 'name')),
    system: at(body.system, 0, 'text'),
  }),
};

/** Frames of Amazon's event stream encoding, `application/vnd.amazon.eventstream`. */
function bedrockFrames(start: Json, delta: Json, stopReason: string): Answer {
  const frames: [string, Json][] = [
    ['messageStart', { role: 'assistant' }],
    ['contentBlockStart', { contentBlockIndex: 0, ...start }],
    ['contentBlockDelta', { contentBlockIndex: 0, delta }],
    ['contentBlockStop', { contentBlockIndex: 0 }],
    ['messageStop', { stopReason }],
    ['metadata', { usage: { inputTokens: 10, outputTokens: 5, totalTokens: 15 } }],
  ];
  const codec = new EventStreamCodec(
    (bytes) => (typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString()),
    (text) => Buffer.from(text),
  );
  const header = (value: string) => ({ type: 'string' as const, value });
  return (response) => {
    response.writeHead(200, { 'content-type': 'application/vnd.amazon.eventstream' });
    for (const [type, body] of frames) {
      const headers = {
        ':event-type': header(type),
        ':content-type': header('application/json'),
        ':message-type': header('event'),
      };
      response.write(codec.encode({ headers, body: Buffer.from(JSON.stringify(body)) }));
    }
    response.end();
  };
}

export const WIRE_FORMATS: Readonly<Record<string, WireFormat>> = {
  anthropic,
  openai,
  openaiCompatible,
  azure,
  'azure with a dated API version': azureDated,
  google,
  bedrock,
};
