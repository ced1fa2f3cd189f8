import { rmSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import {
  createLogger,
  DocumentFile,
  Health,
  HttpServer,
  Metrics,
  type HostMap,
  type LocalOverlay,
} from '@agentyard/runtime-kit';
import {
  agentDocument,
  CONTRACT_VERSION,
  invokeResponse,
  parseDocument,
  parseValue,
  streamEvent,
  USER_CLAIM_HEADER,
  type AgentDocumentInput,
  type InvokeResponse,
  type StreamEvent,
} from 'agentyard/contract';
import { audienceOf, subjectOf, TestIdentity } from '../../runtime-kit/test/identity-fixture';
import { startAgent } from '../src/index';

export type LogLine = Readonly<Record<string, unknown>>;

type AgentSettings = Pick<AgentDocumentInput, 'model'> &
  Partial<
    Pick<
      AgentDocumentInput,
      | 'limits'
      | 'price'
      | 'toolsets'
      | 'prompt'
      | 'card'
      | 'maxBodyBytes'
      | 'shutdown'
      | 'identity'
      | 'allowedRoles'
      | 'argumentRules'
      | 'outputSchema'
      | 'sessions'
      | 'approvals'
      | 'tracing'
    >
  >;

/** Where the trust bundle and the service tokens are mounted. */
export const IDENTITY_MOUNT = '/var/run/agentyard';

/** An agent that listens on loopback, with the address of each toolset in its host map. */
export class RunningAgent {
  private ending: Promise<void> | undefined;

  private constructor(
    public readonly url: string,
    public readonly log: LogLine[],
    public readonly identity: TestIdentity,
    public readonly health: Health,
    public readonly metrics: Metrics,
    private readonly hostsFile: string,
    private readonly end: () => Promise<void>,
  ) {}

  /** @param environment variables of the agent's process */
  public static async start(settings: AgentSettings, environment: NodeJS.ProcessEnv = {}): Promise<RunningAgent> {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'agent-runtime-test-'));
    const hostsFile = path.join(folder, 'hosts.json');
    await writeFile(hostsFile, '{}');
    const identity = await identityIn(folder);
    const mounts = { [IDENTITY_MOUNT]: folder };
    const overlay: LocalOverlay = { listen: { host: '127.0.0.1', port: 0 }, mounts, hostsFile };
    const document = parseDocument(agentDocument, JSON.stringify(documentOf(settings)));
    const lines: LogLine[] = [];
    const destination = { write: (line: string) => void lines.push(JSON.parse(line) as LogLine) };
    const log = createLogger({ component: 'agent', name: document.name, namespace: document.namespace }, destination);
    const health = new Health();
    const metrics = new Metrics();
    const documentFile = new DocumentFile(agentDocument, overlay);
    const starting = startAgent({ document, documentFile, health, log, overlay, metrics }, environment);
    // An agent that refuses to start leaves nothing behind.
    starting.catch(() => rmSync(folder, { recursive: true }));
    const parts = await starting;
    const server = new HttpServer({ ...overlay.listen, routes: parts.routes, health, log });
    const port = await server.listen();
    return new RunningAgent(`http://127.0.0.1:${port}`, lines, identity, health, metrics, hostsFile, async () => {
      await server.close(0);
      await parts.close?.();
      await rm(folder, { recursive: true });
    });
  }

  /** Tells the agent where its toolsets listen. */
  public async resolve(hosts: HostMap): Promise<void> {
    await writeFile(this.hostsFile, JSON.stringify(hosts));
  }

  /** Posts as the gateway does for a user; given headers come in place of its own. */
  public async post(body: unknown, init: RequestInit = {}): Promise<Response> {
    const headers = { ...(await invocationHeaders(this.identity)), ...(init.headers as Record<string, string>) };
    return fetch(`${this.url}/invoke`, { method: 'POST', body: JSON.stringify(body), ...init, headers });
  }

  /** The JSON answer, checked against the contract. */
  public async invoke(input: string, headers: Record<string, string> = {}): Promise<InvokeResponse> {
    const response = await this.post({ input }, { headers });
    expect(response.status).toBe(200);
    return parseValue(invokeResponse, await response.json(), 'response');
  }

  /** All events of a streamed answer, each checked against the contract. */
  public async stream(input: string): Promise<StreamEvent[]> {
    const response = await this.post({ input }, { headers: { accept: 'text/event-stream' } });
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    return eventsIn(await response.text());
  }

  /** Log lines of an event. */
  public logged(event: string): LogLine[] {
    return this.log.filter((line) => line.event === event);
  }

  /** Once; as a pod that is gone. */
  public stop(): Promise<void> {
    return (this.ending ??= this.end());
  }
}

/** A complete `agent.json` for a test. */
export function documentOf(settings: AgentSettings): AgentDocumentInput {
  return {
    kind: 'Agent',
    version: CONTRACT_VERSION,
    name: 'guide',
    namespace: 'tests',
    listen: { port: 8080 },
    prompt: 'You know the weather.',
    limits: {},
    toolsets: [],
    identity: {
      audience: audienceOf('guide'),
      trustBundleDirectory: `${IDENTITY_MOUNT}/trust`,
      subject: subjectOf('guide'),
      callers: [{ name: 'gateway', subject: subjectOf('gateway'), claimIssuers: [audienceOf('gateway')] }],
    },
    allowedRoles: '*',
    shutdown: { graceMs: 1000 },
    ...settings,
  };
}

/** Makes the identity of a test in a folder, with the agent's token for its toolset. */
export async function identityIn(folder: string): Promise<TestIdentity> {
  const identity = TestIdentity.create(folder);
  await identity.tokenFile('guide', 'weather');
  return identity;
}

/** Headers of a request that the gateway makes for a user without roles. */
export async function invocationHeaders(identity: TestIdentity): Promise<Record<string, string>> {
  const { gateway } = identity;
  return {
    'content-type': 'application/json',
    authorization: await identity.bearer(gateway.name, 'guide'),
    [USER_CLAIM_HEADER]: await gateway.claim('guide', [audienceOf('guide'), audienceOf('weather')]),
  };
}

function eventsIn(text: string): StreamEvent[] {
  const blocks = text.split('\n\n').filter((block) => block.startsWith('event: '));
  return blocks.map((block) => {
    const [name, data] = block.split('\n');
    const event = parseValue(streamEvent, JSON.parse(data!.slice('data: '.length)), 'event');
    expect(name).toBe(`event: ${event.type}`);
    return event;
  });
}

/** The binding of the test toolset, with the tools that the document names. */
export function weather(...tools: (string | { name: string; as: string })[]) {
  return {
    name: 'weather',
    host: 'weather',
    port: 8080,
    timeoutMs: 20_000,
    serviceToken: { audience: audienceOf('weather'), file: `${IDENTITY_MOUNT}/tokens/guide-weather` },
    tools: tools.map((tool) => (typeof tool === 'string' ? { name: tool, as: tool } : tool)),
  };
}
