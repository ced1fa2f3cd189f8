import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { exchange, type Answer, type ExchangeOptions, type Message } from './exchange';
import type { Findings } from './findings';
import type { Random } from './random';
import type { Replica } from './replica';

const MODERN = '2026-07-28';
const LEGACY = '2025-11-25';
const CAPABILITIES = { elicitation: {} };
const INFO = { name: 'user', version: '1' };

/** The servers and agents that a user may call. */
export interface Callees {
  readonly servers: readonly { readonly name: string; readonly asks: boolean }[];
  readonly agents: readonly string[];
}

export interface UserOptions {
  readonly name: string;
  readonly key: string;
  readonly replicas: readonly Replica[];
  readonly callees: Callees;
  readonly random: Random;
  readonly findings: Findings;
}

/** One of many users: each of its requests says something that nobody else says, and goes to any of the replicas. */
export class FaultUser {
  private session: string | undefined;
  private id = 0;

  public constructor(private readonly options: UserOptions) {}

  /** Does one thing after the other until it is over. */
  public async live(isOver: () => boolean): Promise<void> {
    const { random } = this.options;
    await sleep(random.between(0, 2_000));
    while (!isOver()) {
      await this.act();
      await sleep(random.between(300, 2_000));
    }
  }

  /** A call of a tool of each server, and of each agent. @returns whether all were answered well */
  public async isServed(): Promise<boolean> {
    const { callees } = this.options;
    const calls = callees.servers.flatMap(({ name }) => [this.call(name, 'echo'), this.callInNoSession(name)]);
    const all = await Promise.all([...calls, ...callees.agents.map((agent) => this.invoke(agent, false))]);
    return all.every(Boolean);
  }

  private async act(): Promise<void> {
    const { random, callees } = this.options;
    const server = random.pick(callees.servers);
    const { name } = server;
    const choice = random.between(0, 100);
    if (choice < 14) return void (await this.list('modern'));
    if (choice < 34) return void (await this.call(name, random.pick(['echo', 'stream'])));
    if (choice < 42) return void (await this.giveUp(name));
    if (choice < 50 && server.asks) return void (await this.answerQuestion(name));
    if (choice < 55) return void (await this.listen());
    if (choice < 62) return void (await this.callInNoSession(name));
    if (choice < 92) {
      for (let i = 0; i < 3; i += 1) await this.useSession(name, server.asks);
      return;
    }
    return void (await this.invoke(random.pick(callees.agents), random.next() < 0.5));
  }

  private async list(era: 'modern' | 'legacy'): Promise<void> {
    const answer = await (era === 'modern' ? this.modern('tools/list', {}) : this.legacy('tools/list', {}));
    const { tools } = (answer?.message?.result ?? {}) as { readonly tools?: readonly { description: string }[] };
    if (tools === undefined) return;
    this.options.findings.count(`${era} lists`);
    const other = tools.find(({ description }) => description !== `for ${this.options.name}`);
    if (other !== undefined)
      this.options.findings.violated(`a list for ${this.options.name} has a tool ${other.description}`);
  }

  private async call(server: string, tool: string): Promise<boolean> {
    const nonce = randomUUID();
    const params = { name: `${server}__${tool}`, arguments: { nonce }, _meta: { progressToken: nonce } };
    return this.check(`modern ${tool}`, nonce, server, await this.modern('tools/call', params, this.progressOf(nonce)));
  }

  /** A call that is cancelled, in the way of its era. */
  private async giveUp(server: string): Promise<void> {
    const nonce = randomUUID();
    const left = new AbortController();
    setTimeout(() => left.abort(), this.options.random.between(5, 300));
    const more = { signal: left.signal };
    const answer = await this.modern('tools/call', { name: `${server}__wait`, arguments: { nonce } }, more);
    this.check('modern wait', nonce, server, answer);
  }

  private async answerQuestion(server: string): Promise<void> {
    const nonce = randomUUID();
    const params = { name: `${server}__ask`, arguments: { nonce } };
    const asked = await this.modern('tools/call', params);
    const { resultType, inputRequests, requestState } = (asked?.message?.result ?? {}) as {
      readonly resultType?: string;
      readonly inputRequests?: Readonly<Record<string, { readonly params: { readonly message: string } }>>;
      readonly requestState?: string;
    };
    if (resultType !== 'input_required') return void this.check('modern ask', nonce, server, asked);
    const [[key, question] = ['', undefined]] = Object.entries(inputRequests ?? {});
    this.expectOwn('a question', nonce, question?.params.message);
    const inputResponses = { [key]: { action: 'accept', content: { nonce } } };
    const more = { inputResponses, ...(requestState !== undefined && { requestState }) };
    this.check('modern ask', nonce, server, await this.modern('tools/call', { ...params, ...more }));
  }

  private async listen(): Promise<void> {
    const signal = AbortSignal.timeout(this.options.random.between(1_000, 4_000));
    await this.modern(
      'subscriptions/listen',
      { notifications: { toolsListChanged: true } },
      { signal, onMessage: ({ method }) => this.options.findings.count(`heard ${String(method)}`) },
    );
  }

  /** As clients of before do that know no sessions. */
  private async callInNoSession(server: string): Promise<boolean> {
    const nonce = randomUUID();
    const params = { name: `${server}__echo`, arguments: { nonce } };
    return this.check('call without session', nonce, server, await this.legacy('tools/call', params, {}, null));
  }

  /** A few requests in a session, which is begun anew when it is gone. */
  private async useSession(server: string, asks: boolean): Promise<void> {
    const { random } = this.options;
    if (this.session === undefined) await this.begin();
    if (this.session === undefined) return;
    const choice = random.between(0, 12);
    if (choice === 0) return this.end();
    if (choice === 1) return this.list('legacy');
    if (choice === 2) return this.stand();
    if (choice <= 4) return this.cancel(server);
    const nonce = randomUUID();
    if (choice <= 7 && asks) {
      const onMessage = (message: Message): void => {
        if (message.method === 'elicitation/create') void this.answerInSession(nonce, message);
      };
      const params = { name: `${server}__ask`, arguments: { nonce } };
      return void this.check('session ask', nonce, server, await this.legacy('tools/call', params, { onMessage }));
    }
    const tool = random.pick(['echo', 'stream']);
    const params = { name: `${server}__${tool}`, arguments: { nonce }, _meta: { progressToken: nonce } };
    const answer = await this.legacy('tools/call', params, this.progressOf(nonce));
    this.check(`session ${tool}`, nonce, server, answer);
  }

  private async begin(): Promise<void> {
    const params = { protocolVersion: LEGACY, capabilities: CAPABILITIES, clientInfo: INFO };
    const answer = await this.legacy('initialize', params, {}, null);
    this.session = answer?.headers.get('mcp-session-id') ?? undefined;
    if (this.session !== undefined) this.options.findings.count('sessions');
  }

  private async end(): Promise<void> {
    const { session } = this;
    this.session = undefined;
    const headers = { ...this.own, 'mcp-session-id': String(session), accept: 'application/json' };
    await this.send({ method: 'DELETE', path: '/mcp', headers });
  }

  /** Listens to the session for a while. */
  private async stand(): Promise<void> {
    const headers = { ...this.own, 'mcp-session-id': String(this.session), accept: 'text/event-stream' };
    const signal = AbortSignal.timeout(this.options.random.between(1_000, 4_000));
    const onMessage = ({ method }: Message): void => this.options.findings.count(`heard ${String(method)}`);
    const answer = await this.send({ method: 'GET', path: '/mcp', headers, signal, onMessage });
    if (answer?.status === 404) this.session = undefined;
  }

  /** The cancellation goes to any replica. */
  private async cancel(server: string): Promise<void> {
    const nonce = randomUUID();
    const left = new AbortController();
    const params = { name: `${server}__wait`, arguments: { nonce } };
    const call = this.legacy('tools/call', params, { signal: left.signal, isCancelled: true });
    const requestId = this.id;
    await sleep(this.options.random.between(5, 300));
    await this.post({ method: 'notifications/cancelled', params: { requestId } });
    // Nobody answers what was cancelled in time.
    setTimeout(() => left.abort(), 2_000);
    this.check('session wait', nonce, server, await call);
  }

  private async answerInSession(nonce: string, { id, params }: Message): Promise<void> {
    this.expectOwn('a question', nonce, (params as { readonly message?: string }).message);
    // The one that takes it may be killed meanwhile.
    for (let i = 0; i < 20; i += 1) {
      const taken = await this.post({ id, result: { action: 'accept', content: { nonce } } });
      if (taken?.status === 202 || taken?.status === 404) return;
      await sleep(200);
    }
  }

  private async invoke(agent: string, streams: boolean): Promise<boolean> {
    const nonce = randomUUID();
    const headers = { ...this.own, accept: streams ? 'text/event-stream' : 'application/json' };
    const answer = await this.send({ path: '/v1/invoke', headers, body: { agent, input: nonce } });
    const { message } = answer ?? {};
    if (message === undefined || message.type === 'failed') return false;
    const { output } = (message.response ?? message) as { readonly output?: string };
    return this.expectText(streams ? 'invoked stream' : 'invoked', nonce, agent, String(output));
  }

  private check(what: string, nonce: string, server: string, answer: Answer | undefined): boolean {
    const { findings } = this.options;
    if (answer?.status === 404) this.session = undefined;
    const { result } = answer?.message ?? {};
    if (result === undefined) return false;
    const { isError, content } = result as { readonly isError?: boolean; readonly content?: { text: string }[] };
    const text = content?.[0]?.text ?? JSON.stringify(result);
    if (isError !== true) return this.expectText(what, nonce, server, text);
    findings.count('tool errors');
    if (!text.startsWith('The ')) findings.violated(`a tool error in words of nobody: ${text}`);
    return false;
  }

  private expectText(what: string, nonce: string, server: string, text: string): boolean {
    const { name: user, findings } = this.options;
    findings.count(`right: ${what}`);
    if (text === JSON.stringify({ nonce, user, server })) return true;
    findings.violated(`${what}: ${user} asked ${server} as ${nonce} and got ${text}`);
    return false;
  }

  private expectOwn(what: string, nonce: string, got: unknown): void {
    if (got !== nonce) this.options.findings.violated(`${what} of ${this.options.name}: ${String(got)} for ${nonce}`);
  }

  private progressOf(nonce: string): Pick<ExchangeOptions, 'onMessage'> {
    return {
      onMessage: ({ method, params }) => {
        if (method !== 'notifications/progress') return;
        this.options.findings.count('progress');
        this.expectOwn('progress', nonce, (params as { readonly message?: string }).message);
      },
    };
  }

  private get own(): Record<string, string> {
    return { 'x-api-key': this.options.key };
  }

  private modern(method: string, params: Message, more: Partial<ExchangeOptions> = {}): Promise<Answer | undefined> {
    const _meta = {
      ...(params._meta as object | undefined),
      'io.modelcontextprotocol/protocolVersion': MODERN,
      'io.modelcontextprotocol/clientInfo': INFO,
      'io.modelcontextprotocol/clientCapabilities': CAPABILITIES,
    };
    const name = typeof params.name === 'string' && { 'mcp-name': params.name };
    const headers = { ...this.own, 'mcp-protocol-version': MODERN, 'mcp-method': method, ...name, accept: BOTH };
    const body = { jsonrpc: '2.0', id: (this.id += 1), method, params: { ...params, _meta } };
    return this.send({ path: '/mcp', headers, body, ...more });
  }

  private legacy(
    method: string,
    params: object,
    more: Partial<ExchangeOptions> = {},
    session: string | null | undefined = this.session,
  ): Promise<Answer | undefined> {
    return this.post({ id: (this.id += 1), method, params }, more, session);
  }

  /** @param session null for none */
  private post(
    message: Message,
    more: Partial<ExchangeOptions> = {},
    session: string | null | undefined = this.session,
  ): Promise<Answer | undefined> {
    const of = typeof session === 'string' && { 'mcp-session-id': session };
    const headers = { ...this.own, 'mcp-protocol-version': LEGACY, ...of, accept: BOTH };
    return this.send({ path: '/mcp', headers, body: { jsonrpc: '2.0', ...message }, ...more });
  }

  private send(request: Omit<ExchangeOptions, 'replica' | 'others'>): Promise<Answer | undefined> {
    const { replicas, random, findings } = this.options;
    const replica = random.pick(replicas);
    const others = replicas.filter((other) => other !== replica);
    return exchange({ ...request, replica, others }, findings);
  }
}

const BOTH = 'application/json, text/event-stream';
