import { once } from 'node:events';
import { Client, StreamableHTTPClientTransport, type ClientOptions } from '@modelcontextprotocol/client';
import { EverythingServer } from './everything-server';

const SESSION_REVISIONS = ['2025-03-26', '2025-06-18', '2025-11-25'];
const REVISIONS = [...SESSION_REVISIONS, '2026-07-28'];
const CHANGES = ['tools/list_changed', 'prompts/list_changed', 'resources/updated'] as const;
const WATCHED = { uri: 'test://watched-resource' };

/** A client that speaks one revision alone, and whose user answers each form alike. */
class RevisionClient {
  public readonly client: Client;
  public readonly transport: StreamableHTTPClientTransport;
  /** What it was told of, in this order. */
  public readonly heard: string[] = [];
  private readonly news = new EventTarget();
  /** Whether the stream is open on which a session hears of changes. */
  private isListening = false;

  public static async connect(url: string, revision: string): Promise<RevisionClient> {
    const connected = new RevisionClient(url, revision);
    await connected.client.connect(connected.transport);
    return connected;
  }

  private constructor(url: string, revision: string) {
    const negotiation: ClientOptions = SESSION_REVISIONS.includes(revision)
      ? { supportedProtocolVersions: [revision] }
      : { versionNegotiation: { mode: { pin: revision } } };
    this.client = new Client({ name: 'test', version: '1' }, { capabilities: { elicitation: {} }, ...negotiation });
    this.transport = new StreamableHTTPClientTransport(new URL(url), { fetch: (...request) => this.fetch(...request) });
    this.client.setRequestHandler('elicitation/create', () => ({
      action: 'accept',
      content: { name: 'Ada', color: 'blue' },
    }));
    for (const change of CHANGES)
      this.client.setNotificationHandler(`notifications/${change}`, () => this.hear(change));
  }

  /** Asks to be told of all that changes. */
  public async follow(): Promise<void> {
    if (this.transport.sessionId !== undefined) {
      while (!this.isListening) await once(this.news, 'listening');
      await this.client.subscribeResource(WATCHED);
      return;
    }
    await this.client.listen({
      toolsListChanged: true,
      promptsListChanged: true,
      resourceSubscriptions: [WATCHED.uri],
    });
  }

  /** Waits until it was told so many times. @returns of what */
  public async hears(times: number): Promise<readonly string[]> {
    while (this.heard.length < times) await once(this.news, 'heard');
    return this.heard;
  }

  public async call(name: string): Promise<string> {
    const { content } = await this.client.callTool({ name, arguments: {} });
    return content.map((part) => (part.type === 'text' ? part.text : part.type)).join();
  }

  private async fetch(url: string | URL, request?: RequestInit): Promise<Response> {
    const answer = await fetch(url, request);
    if (request?.method === 'GET') {
      this.isListening = true;
      this.news.dispatchEvent(new Event('listening'));
    }
    return answer;
  }

  private hear(change: string): void {
    this.heard.push(change);
    this.news.dispatchEvent(new Event('heard'));
  }
}

describe('the everything-server', () => {
  let server: EverythingServer;
  const clients: RevisionClient[] = [];

  const connect = async (revision: string): Promise<RevisionClient> => {
    const client = await RevisionClient.connect(server.url, revision);
    clients.push(client);
    return client;
  };

  const initialize = () =>
    fetch(server.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
      body: JSON.stringify({
        jsonrpc: '2.0',
        id: 1,
        method: 'initialize',
        params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'test', version: '1' } },
      }),
    });

  beforeEach(async () => {
    server = await EverythingServer.start();
  });

  afterEach(async () => {
    await Promise.all(clients.splice(0).map(({ client }) => client.close()));
    await server.close();
  });

  it.each(REVISIONS)('speaks %s', async (revision) => {
    const { client, transport } = await connect(revision);
    expect(client.getNegotiatedProtocolVersion()).toBe(revision);
    expect(transport.sessionId !== undefined).toBe(SESSION_REVISIONS.includes(revision));
  });

  it.each(REVISIONS)('asks clients of %s back, in several rounds', async (revision) => {
    const client = await connect(revision);
    expect(await client.call('test_input_required_result_multi_round')).toBe('Ada likes blue.');
  });

  it.each(REVISIONS)('tells clients of %s what others have changed', async (revision) => {
    const [follower, other] = [await connect(revision), await connect('2026-07-28')];
    const before = (await follower.client.listTools()).tools.map(({ name }) => name);
    await follower.follow();
    await other.call('test_trigger_tool_change');
    await other.call('test_trigger_prompt_change');
    await other.call('test_trigger_resource_change');
    expect(await follower.hears(3)).toEqual(CHANGES);
    const after = (await follower.client.listTools()).tools.map(({ name }) => name);
    expect(after).toEqual([...before, 'test_changing_tool']);
  });

  it('tells a session nothing more of a resource that it has unsubscribed from', async () => {
    const client = await connect('2025-11-25');
    await client.follow();
    await client.client.unsubscribeResource(WATCHED);
    await client.call('test_trigger_resource_change');
    await client.call('test_trigger_tool_change');
    expect(await client.hears(1)).toEqual(['tools/list_changed']);
  });

  it('knows an ended session no more', async () => {
    const { transport } = await connect('2025-11-25');
    const session = { 'mcp-session-id': transport.sessionId ?? '', accept: 'text/event-stream' };
    await transport.terminateSession();
    expect((await fetch(server.url, { headers: session })).status).toBe(404);
  });

  it('answers sessions as it was told to', async () => {
    const stream = await initialize();
    expect(stream.headers.get('content-type')).toBe('text/event-stream');
    await stream.body?.cancel();
    await server.close();
    server = await EverythingServer.start({ answers: 'json' });
    const json = await initialize();
    expect(json.headers.get('content-type')).toBe('application/json');
    expect(await json.json()).toMatchObject({ id: 1, result: { protocolVersion: '2025-06-18' } });
  });

  it.each(REVISIONS)('ends though a client of %s listens and waits for a result', async (revision) => {
    const follower = await connect(revision);
    await follower.follow();
    const outcome = await new Promise((resolve) => {
      const onprogress = () => void server.close().then(() => follower.client.close());
      const call = follower.client.callTool({ name: 'test_tool_with_progress' }, { onprogress });
      call.then(
        () => resolve('answered'),
        () => resolve('ended'),
      );
    });
    expect(outcome).toBe('ended');
    server = await EverythingServer.start();
  });
});
