import type { Era } from '../../gateway-runtime/test/toolset-fixture';

const MODERN = '2026-07-28';
const LEGACY = '2025-11-25';
const CAPABILITIES = { elicitation: {}, sampling: {}, roots: {} };
const INFO = { name: 'raw', version: '1' };

type Message = Readonly<Record<string, unknown>>;

/** What a server asks a client, and where the client learned of it. */
export interface Question {
  readonly message: Message;
  /** Id of the last event that was read. */
  readonly event?: string;
}

/** What has come of an answer. */
export interface Answered {
  readonly status: number;
  /** Of an error. */
  readonly code?: number;
  /** Of a tool's result. */
  readonly text?: string;
}

/** A client of MCP that says what it gets as it is: statuses, events and all. */
export class RawClient {
  private session: string | undefined;
  private calls = 0;

  public constructor(
    private readonly url: string,
    private readonly era: Era,
    private readonly headers: Readonly<Record<string, string>> = {},
  ) {}

  /** Begins a session, if its era has them; what came of that is read. */
  public async begin(): Promise<Response> {
    this.session = undefined;
    if (this.era === 'modern') return this.post('server/discover', {});
    const params = { protocolVersion: LEGACY, capabilities: CAPABILITIES, clientInfo: INFO };
    const answer = await this.post('initialize', params);
    await answer.text();
    this.session = answer.headers.get('mcp-session-id') ?? undefined;
    return answer;
  }

  /** Sends a request. */
  public post(method: string, params: object): Promise<Response> {
    const id = (this.calls += 1);
    if (this.era === 'legacy') return this.send({ id, method, params });
    const { name } = params as { readonly name?: string };
    const headers = { 'mcp-method': method, ...(name !== undefined && { 'mcp-name': name }) };
    const _meta = {
      'io.modelcontextprotocol/protocolVersion': MODERN,
      'io.modelcontextprotocol/clientInfo': INFO,
      'io.modelcontextprotocol/clientCapabilities': CAPABILITIES,
    };
    return this.send({ id, method, params: { ...params, _meta } }, headers);
  }

  /** The stream of the session, or the rest of another one. */
  public stream(last?: string): Promise<Response> {
    const headers = { accept: 'text/event-stream', ...(last !== undefined && { 'last-event-id': last }) };
    return fetch(`${this.url}/mcp`, { headers: { ...this.own, ...headers } });
  }

  /** Ends the session. */
  public end(): Promise<Response> {
    return fetch(`${this.url}/mcp`, { method: 'DELETE', headers: this.own });
  }

  /** The first question of a server in an answer. */
  public async question(answer: Response): Promise<Question> {
    if (this.era === 'modern') return { message: messages(await answer.text()).at(-1) as Message };
    let text = '';
    const decoder = new TextDecoder();
    for await (const chunk of answer.body as unknown as AsyncIterable<Uint8Array>) {
      text += decoder.decode(chunk, { stream: true });
      const whole = text.slice(0, text.lastIndexOf('\n\n') + 1);
      const message = messages(whole).find(({ method }) => method === 'elicitation/create');
      if (message !== undefined) return { message, event: [...whole.matchAll(/^id: (.*)$/gm)].at(-1)?.[1] };
    }
    throw new Error(`nothing is asked: ${text}`);
  }

  /**
   * Answers a question, in its era's way: with another call, or with a response. Of a stream that has been cut the rest is read.
   *
   * @param call the parameters of the call that it was asked in
   */
  public async answer({ message, event }: Question, result: object, call: object): Promise<Answered> {
    if (this.era === 'modern') {
      const { inputRequests, requestState } = message.result as Message;
      const [key = ''] = Object.keys(inputRequests as object);
      const more = { inputResponses: { [key]: result }, ...(requestState !== undefined && { requestState }) };
      return answered(await this.post('tools/call', { ...call, ...more }));
    }
    const sent = await answered(await this.send({ id: message.id, result }));
    if (event === undefined || sent.status !== 202) return sent;
    return { ...(await answered(await this.stream(event))), status: sent.status };
  }

  private get own(): Record<string, string> {
    const revision = this.era === 'modern' ? MODERN : LEGACY;
    const session = this.session !== undefined && { 'mcp-session-id': this.session };
    return { ...this.headers, 'mcp-protocol-version': revision, ...session };
  }

  private send(message: object, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
    const types = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
    const body = JSON.stringify({ jsonrpc: '2.0', ...message });
    return fetch(`${this.url}/mcp`, { method: 'POST', headers: { ...this.own, ...types, ...headers }, body });
  }
}

/** The messages of an answer, in a stream or not. */
function messages(text: string): Message[] {
  if (text.startsWith('{')) return [JSON.parse(text) as Message];
  return [...text.matchAll(/^data: (.+)$/gm)].map(([, json]) => JSON.parse(json!) as Message);
}

async function answered(answer: Response): Promise<Answered> {
  const last = messages(await answer.text()).at(-1) ?? {};
  const { error, result } = last as {
    readonly error?: { readonly code: number };
    readonly result?: { readonly content?: readonly { readonly text: string }[] };
  };
  const text = result?.content?.[0]?.text;
  return {
    status: answer.status,
    ...(error !== undefined && { code: error.code }),
    ...(text !== undefined && { text }),
  };
}
