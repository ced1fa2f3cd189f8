import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@modelcontextprotocol/client';
import type { McpServer } from '@modelcontextprotocol/server';
import { cleanUp, documentOf, eventually } from '../../gateway-runtime/test/fixture';
import {
  connectTo,
  got,
  serverOf,
  startEverything,
  startForeign,
  textOf,
  type ForeignServer,
} from '../../gateway-runtime/test/mcp-server-fixture';
import type { Era } from '../../gateway-runtime/test/toolset-fixture';
import { installPackages } from './debian-packages';
import { GatewayFiles, GatewayProcess, PEERS } from './gateway-process';
import { NginxServer } from './nginx-server';
import { RawClient } from './raw-mcp-client';

jest.setTimeout(60_000);
beforeAll(() => installPackages('nginx'), 300_000);

const ERAS: readonly Era[] = ['modern', 'legacy'];

/** What nginx does with a request that a replica does not answer: sends it to another, or not. */
const RETRIES = [
  ['sends requests on as it does by itself', ''],
  ['sends nothing twice', 'proxy_next_upstream off;'],
] as const;

/** Two replicas of a gateway behind nginx, and what is behind them. */
class Stage {
  /** @param retries directive of nginx */
  public static async open(serverEra: Era, retries: string): Promise<Stage> {
    const stage = new Stage(retries !== '');
    const everything = await startEverything({ only: serverEra });
    stage.slow = await startForeign('slow', serverEra, (each: McpServer) => {
      each.registerTool('slow', {}, async ({ mcpReq: { signal } }) => {
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        stage.cancelled += 1;
        return { content: [] };
      });
    });
    const mcpServers = [serverOf('everything', everything.url), serverOf('slow', stage.slow.url)];
    const files = await GatewayFiles.write({ document: documentOf({ mcpServers, peers: PEERS }) });
    for (let i = 0; i < 2; i += 1) stage.replicas.push(await GatewayProcess.start(await files.addReplica()));
    stage.nginx = await NginxServer.start(stage.ports, retries);
    return stage;
  }

  public readonly replicas: GatewayProcess[] = [];
  public slow!: ForeignServer;
  /** Calls of the slow tool that were given up. */
  public cancelled = 0;
  private nginx!: NginxServer;

  private constructor(
    /** Whether somebody has to take a replica out of nginx before it ends. */
    private readonly isManaged: boolean,
  ) {}

  public get url(): string {
    return this.nginx.url;
  }

  /** The replica that has answered a request, or answers it. */
  public async replicaOf({ headers }: Response): Promise<GatewayProcess> {
    const id = headers.get('x-request-id');
    return eventually(() => this.replicas.find((replica) => replica.served(id)));
  }

  /** Ends a replica, and starts another one in its place. */
  public async replace(replica: GatewayProcess, how: 'kill' | 'stop', meanwhile = () => Promise.resolve()) {
    if (this.isManaged && how === 'stop') await this.leaveOut(replica);
    await replica[how]();
    if (this.isManaged && how === 'kill') await this.leaveOut(replica);
    await meanwhile();
    this.replicas[this.replicas.indexOf(replica)] = await GatewayProcess.start(replica.place);
    await this.nginx.use(this.ports);
  }

  /** A fault of a client, and what nginx has written of what went wrong until then. */
  public async explained(fault: unknown): Promise<Error> {
    // Its last words may come after what they are about.
    await sleep(200);
    return new Error(`a client got no answer; nginx wrote:\n${this.nginx.errors.join('\n')}`, { cause: fault });
  }

  /** Which replicas have lines of a method. */
  public servedBy(method: string): number {
    return this.replicas.filter(({ lines }) => lines.some((line) => line.method === method)).length;
  }

  private leaveOut(replica: GatewayProcess): Promise<void> {
    return this.nginx.use(this.ports.filter((port) => port !== replica.place.port));
  }

  private get ports(): number[] {
    return this.replicas.map(({ place }) => place.port);
  }
}

/** What a client is asked, and told. */
interface Heard {
  readonly asked: string[];
  readonly told: string[];
}

async function connected(url: string, era: Era, answer = () => Promise.resolve()) {
  const heard: Heard = { asked: [], told: [] };
  const prepare = (each: Client): void => {
    each.setRequestHandler('elicitation/create', async () => {
      heard.asked.push('elicitation');
      await answer();
      return { action: 'accept', content: { name: 'Ada', color: 'blue' } };
    });
    each.setRequestHandler('sampling/createMessage', () => {
      heard.asked.push('sampling');
      return { model: 'm', role: 'assistant', content: { type: 'text', text: 'Paris' } };
    });
    each.setRequestHandler('roots/list', () => {
      heard.asked.push('roots');
      return { roots: [{ uri: 'file:///home' }] };
    });
    each.setNotificationHandler('notifications/message', ({ params }) => void heard.told.push(params.level));
    each.setNotificationHandler('notifications/tools/list_changed', () => void heard.told.push('tools'));
    each.setNotificationHandler('notifications/prompts/list_changed', () => void heard.told.push('prompts'));
    each.setNotificationHandler('notifications/resources/updated', ({ params }) => void heard.told.push(params.uri));
  };
  const capabilities = { elicitation: {}, sampling: {}, roots: {} };
  const { client, transport } = await connectTo(url, { era, capabilities, prepare });
  const call = async (name: string, args: Record<string, unknown> = {}) =>
    textOf(await client.callTool({ name, arguments: args }));
  return { client, transport, call, ...heard };
}

/** What a client is told whose answer comes to a replica, when the one that waits for it was killed. */
const AFTER_KILL: Readonly<Record<string, object>> = {
  // The whole call is in what the client sends.
  'modern modern': { status: 200, text: 'Hello, Ada!' },
  'modern legacy': { status: 200, code: -32_602 },
  'legacy modern': { status: 404, code: -32_001 },
  // The server has the answer, and what it makes of it comes when the stream is resumed.
  'legacy legacy': { status: 202, text: 'Hello, Ada!' },
};

describe.each(RETRIES)('two replicas behind nginx, which %s', (_, retries) => {
  describe.each(ERAS)('and servers of the %s era', (serverEra) => {
    let stage: Stage;

    beforeAll(async () => {
      stage = await Stage.open(serverEra, retries);
    });
    afterAll(cleanUp);

    describe.each(ERAS)('a client of the %s era', (era) => {
      it('reads, calls and completes', async () => {
        const { client, call } = await connected(stage.url, era);
        for (let i = 0; i < 4; i += 1) {
          expect((await client.listTools()).tools.length).toBeGreaterThan(10);
          expect((await client.listResources()).resources.length).toBeGreaterThan(2);
          expect((await client.listResourceTemplates()).resourceTemplates).toHaveLength(1);
          expect((await client.listPrompts()).prompts.length).toBeGreaterThan(3);
          // An odd number of requests in all, so that each is answered by both.
          for (let j = 0; j < 2; j += 1) expect(await call('test_simple_text')).toContain('simple text');
          const { contents } = await client.readResource({ uri: 'test://template/7/data' });
          expect(contents[0]).toMatchObject({ text: expect.stringContaining('Data for ID: 7') });
          const args = { arg1: 'a', arg2: 'b' };
          const prompt = await client.getPrompt({ name: 'test_prompt_with_arguments', arguments: args });
          expect(prompt.messages[0]?.content).toMatchObject({ text: expect.stringContaining("arg2='b'") });
          const { completion } = await client.complete({
            ref: { type: 'ref/prompt', name: 'test_prompt_with_arguments' },
            argument: { name: 'arg1', value: 'par' },
          });
          expect(completion.values).toEqual(['paris', 'park', 'party']);
        }
        expect(stage.servedBy('tools/call')).toBe(2);
      });

      it('is asked, and its answers arrive', async () => {
        const { call, asked } = await connected(stage.url, era);
        for (let i = 0; i < 4; i += 1) {
          asked.length = 0;
          expect(await call('test_input_required_result_elicitation')).toBe('Hello, Ada!');
          expect(await call('test_input_required_result_sampling')).toContain('Paris');
          expect(await call('test_input_required_result_list_roots')).toBe('file:///home');
          expect(await call('test_input_required_result_multi_round')).toBe('Ada likes blue.');
          expect(asked).toEqual(['elicitation', 'sampling', 'roots', 'elicitation', 'elicitation']);
        }
      });

      it('hears of progress, and of what is logged from its level on', async () => {
        const { client, told } = await connected(stage.url, era);
        for (const level of ['debug', 'error', 'info', 'error', 'debug'] as const) {
          const _meta = { 'io.modelcontextprotocol/logLevel': level };
          if (era === 'legacy') await client.setLoggingLevel(level);
          for (let i = 0; i < 2; i += 1) {
            const progress: number[] = [];
            const onprogress = (each: { progress: number }) => void progress.push(each.progress);
            await client.callTool({ name: 'test_tool_with_progress', arguments: {} }, { onprogress });
            expect(progress).toEqual([0, 50, 100]);
            told.length = 0;
            const more = era === 'modern' ? { _meta } : {};
            await client.callTool({ name: 'test_tool_with_logging', arguments: {}, ...more });
            expect(told).toHaveLength(level === 'error' ? 0 : 3);
          }
        }
      });

      it('cancels its calls at whichever replica they are', async () => {
        const { client } = await connected(stage.url, era);
        for (let i = 0; i < 4; i += 1) {
          const [calls, before] = [got(stage.slow, 'tools/call').length, stage.cancelled];
          const left = new AbortController();
          const call = client.callTool({ name: 'slow', arguments: {} }, { signal: left.signal });
          await eventually(() => got(stage.slow, 'tools/call').length > calls);
          left.abort();
          await expect(call).rejects.toThrow();
          await eventually(() => stage.cancelled > before);
        }
      });

      it('learns when what it waits for is gone with its replica, and begins anew', async () => {
        const asking = new RawClient(stage.url, era);
        await asking.begin();
        const tool = { name: 'test_input_required_result_elicitation', arguments: {} };
        const call = await asking.post('tools/call', tool);
        const asked = await asking.question(call);
        await stage.replace(await stage.replicaOf(call), 'kill', async () => {
          const answered = await asking.answer(asked, { action: 'accept', content: { name: 'Ada' } }, tool);
          expect(answered).toEqual(AFTER_KILL[`${era} ${serverEra}`]);
          const { call: anew } = await connected(stage.url, era);
          expect(await anew(tool.name)).toBe('Hello, Ada!');
        });
      });

      it('is told of what changes', async () => {
        const { client, told, call } = await connected(stage.url, era);
        const watched = 'test://watched-resource';
        if (era === 'legacy') await client.subscribeResource({ uri: watched });
        else {
          const lists = { toolsListChanged: true, promptsListChanged: true };
          await client.listen({ ...lists, resourceSubscriptions: [watched] });
        }
        const triggers = { tool: 'tools', prompt: 'prompts', resource: watched };
        for (const [what, notice] of Object.entries(triggers)) {
          await eventually(async () => {
            await call(`test_trigger_${what}_change`);
            return told.includes(notice);
          });
        }
        if (era === 'legacy') await client.unsubscribeResource({ uri: watched });
      });
    });

    it('a session ends at both, and has its stream at any until its replica is gone', async () => {
      const sessions = [new RawClient(stage.url, 'legacy'), new RawClient(stage.url, 'legacy')] as const;
      const [begun] = await Promise.all(sessions.map((each) => each.begin()));
      for (let i = 0; i < 4; i += 1) {
        const stream = await sessions[0].stream();
        expect(stream.status).toBe(200);
        await stream.body?.cancel();
      }
      expect((await sessions[1].end()).status).toBe(204);
      for (let i = 0; i < 4; i += 1) expect((await sessions[1].post('ping', {})).status).toBe(404);
      await stage.replace(await stage.replicaOf(begun!), 'kill', async () => {
        expect((await sessions[0].stream()).status).toBe(404);
        const call = await sessions[0].post('tools/call', { name: 'test_simple_text', arguments: {} });
        expect(await call.text()).toContain('simple text');
      });
      expect((await sessions[0].stream()).status).toBe(404);
      await sessions[0].begin();
      expect((await sessions[0].stream()).status).toBe(200);
    });

    it('a rolling restart loses no request', async () => {
      const clients = await Promise.all([...ERAS, ...ERAS].map((era) => connected(stage.url, era)));
      let isOver = false;
      let answered = 0;
      const traffic = clients.map(async ({ call }) => {
        while (!isOver) {
          expect(await call('test_simple_text')).toContain('simple text');
          answered += 1;
        }
      });
      const ended = Promise.all(traffic);
      const restarts = async () => {
        for (const replica of [...stage.replicas]) {
          const before = answered;
          await eventually(() => answered > before + 20);
          await stage.replace(replica, 'stop');
        }
      };
      try {
        await Promise.race([ended, restarts()]);
        isOver = true;
        await ended;
      } catch (fault) {
        throw await stage.explained(fault);
      }
      expect(answered).toBeGreaterThan(50);
    });

    if (serverEra === 'legacy') {
      it('a stream is resumed through the other replica', async () => {
        const client = new RawClient(stage.url, 'legacy');
        await client.begin();
        let isElsewhere = false;
        for (let i = 0; i < 6; i += 1) {
          const call = await client.post('tools/call', { name: 'test_reconnection', arguments: {} });
          const rest = await client.stream(/^id: (.*)$/m.exec(await call.text())?.[1]);
          expect(await rest.text()).toContain('The client has come back.');
          isElsewhere ||= (await stage.replicaOf(call)) !== (await stage.replicaOf(rest));
        }
        expect(isElsewhere).toBe(true);
      });
    }
  });
});
