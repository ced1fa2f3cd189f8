import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { agentDocument, CONTRACT_VERSION, parseValue } from 'agentyard/contract';
import {
  agent,
  byAgent,
  cleanUp,
  documentOf,
  onCleanUp,
  startTestGateway,
  temporaryDirectory,
  type TestGateway,
} from '../../gateway-runtime/test/fixture';
import { testIdentity } from '../../gateway-runtime/test/identity-files';
import { audienceOf, subjectOf } from '../../runtime-kit/test/identity-fixture';
import { RUNTIMES } from '../e2e/local-program';

afterEach(cleanUp);

/** How many clients send all the time. */
const CLIENTS = 8;

/** Pods of one agent, each a process on a loopback address of its own, and the DNS name of those that are ready. */
class Pods {
  private readonly running = new Map<string, ChildProcess>();
  private ready: readonly string[] = [];
  private started = 1;

  private constructor(public readonly port: number) {}

  public static async create(): Promise<Pods> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    return new Pods(port);
  }

  /** What the headless Service's name resolves to. */
  public readonly lookup = () => Promise.resolve(this.ready.map((address) => ({ address, family: 4 })));

  /** Starts a pod; it counts when it is ready. */
  public async start(): Promise<string> {
    const address = `127.0.0.${(this.started += 1)}`;
    const directory = await temporaryDirectory();
    const file = (name: string) => path.join(directory, name);
    const { trustBundleDirectory } = await testIdentity();
    await writeFile(file('agent.json'), JSON.stringify(agentJson(trustBundleDirectory)));
    await writeFile(file('hosts.json'), '{}');
    const overlay = { listen: { host: address, port: this.port }, mounts: {}, hostsFile: file('hosts.json') };
    await writeFile(file('overlay.json'), JSON.stringify(overlay));
    const env = {
      PATH: process.env.PATH,
      AGENTYARD_DOCUMENT: file('agent.json'),
      AGENTYARD_LOCAL: file('overlay.json'),
    };
    const child = spawn(process.execPath, [RUNTIMES.agent], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    onCleanUp(() => void child.kill('SIGKILL'));
    for await (const line of createInterface({ input: child.stdout })) if (line.includes('"listening"')) break;
    child.stdout.resume();
    while (!(await fetch(`http://${address}:${this.port}/readyz`)).ok);
    this.running.set(address, child);
    this.ready = [...this.ready, address];
    return address;
  }

  /** Ends a pod as the kubelet does, at the same moment as its address is taken back. @returns its exit code */
  public async stop(address: string): Promise<number | null> {
    const child = this.running.get(address);
    this.ready = this.ready.filter((other) => other !== address);
    if (child === undefined) throw new Error(`no pod has the address ${address}`);
    child.kill('SIGTERM');
    if (child.exitCode === null) await once(child, 'exit');
    this.running.delete(address);
    return child.exitCode;
  }
}

/** As the gateway of the tests knows it. */
function agentJson(trustBundleDirectory: string) {
  return parseValue(
    agentDocument.schema,
    {
      kind: 'Agent',
      version: CONTRACT_VERSION,
      name: 'support',
      namespace: 'test',
      listen: { port: 8080 },
      identity: {
        audience: audienceOf('support'),
        subject: subjectOf('support'),
        trustBundleDirectory,
        callers: [{ name: 'tests/gateway', subject: subjectOf('gateway'), claimIssuers: [audienceOf('gateway')] }],
      },
      allowedRoles: '*',
      prompt: 'Answer.',
      model: { provider: 'scripted', rules: [{ steps: [{ say: 'You said {{input}}.' }] }] },
      limits: {},
      toolsets: [],
      shutdown: { graceMs: 20_000 },
    },
    'agent.json',
  );
}

/** Clients that send one request after the other, every second one as a stream, and keep what went wrong. */
class Traffic {
  public answered = 0;
  public readonly losses: string[] = [];
  private isOver = false;
  private readonly clients: Promise<void>[];

  public constructor(private readonly gateway: TestGateway) {
    this.clients = Array.from({ length: CLIENTS }, (_, i) => this.run(i));
  }

  public async end(): Promise<void> {
    this.isOver = true;
    await Promise.all(this.clients);
  }

  private async run(client: number): Promise<void> {
    for (let i = 0; !this.isOver; i += 1) {
      const input = `word-${client}-${i}`;
      const accept = i % 2 === 0 ? 'application/json' : 'text/event-stream';
      const text = await this.gateway
        .invoke({ agent: 'support', input }, { accept })
        .then(async (response) => `${response.status} ${await response.text()}`)
        .catch((error: unknown) => String(error));
      const isComplete = text.startsWith('200 ') && text.includes(`"output":"You said ${input}."`);
      if (isComplete) this.answered += 1;
      else this.losses.push(text);
    }
  }
}

describe('a rolling restart of an agent with two replicas', () => {
  it.each([
    ['one after the other', 1],
    ['both at once', 2],
  ])(
    'loses no request of clients that send all the time: %s',
    async (_, atOnce) => {
      const pods = await Pods.create();
      const serving = [await pods.start(), await pods.start()];
      const gateway = await startTestGateway({
        document: documentOf({ agents: [agent('support', { port: pods.port })], routes: [byAgent('support')] }),
        sources: { lookup: pods.lookup },
        cluster: true,
      });
      const traffic = new Traffic(gateway);
      const exits: (number | null)[] = [];
      for (let restarted = 0; restarted < 4; restarted += atOnce) {
        for (let i = 0; i < atOnce; i += 1) serving.push(await pods.start());
        exits.push(...(await Promise.all(serving.splice(0, atOnce).map((address) => pods.stop(address)))));
      }
      await traffic.end();
      expect(traffic.losses).toEqual([]);
      expect(traffic.answered).toBeGreaterThan(100);
      expect(exits).toEqual([0, 0, 0, 0]);
    },
    90_000,
  );
});
