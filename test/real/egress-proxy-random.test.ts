import path from 'node:path';
import fc from 'fast-check';
import { silenceWarnings } from '../constructs/silence-warnings';
import { questionsAbout, type HostQuestion } from '../reachability/proxied-questions';
import { leadsTo, randomInternet, SERVER_PORTS, SERVERS, type Internet } from '../reachability/random-internet';
import { PARENT, randomProxiedProgram, type ProxiedProgram } from '../reachability/random-proxied-program';
import { Caller } from './egress-proxy/caller';
import { Laboratory } from './egress-proxy/laboratory';
import { Origins } from './egress-proxy/origins';
import { ProxiedPlatform } from './egress-proxy/proxied-platform';
import { ProxyBatch } from './egress-proxy/proxy-batch';
import { ReachabilityTrial, type Answer } from './egress-proxy/reachability-trial';
import { SharedProxy } from './egress-proxy/shared-proxy';
import { Tally } from './egress-proxy/tally';

const SEED = Number(process.env.AGENTYARD_SEED ?? 20_261_121);
const PLATFORMS = 1000;
/** Questions about each platform. */
const QUESTIONS = 24;

/** What must have come up, and how it must have ended, this often at least. */
const LEAST: Readonly<Record<string, number>> = {
  none: 5000,
  proxy: 1000,
  direct: 50,
  // Names of every kind, and where they lead.
  'declared: proxy': 300,
  'declared: none': 300,
  'under a wildcard: proxy': 300,
  'under a wildcard: none': 300,
  'in upper case: proxy': 300,
  'with its final dot: proxy': 300,
  'of another workload: proxy': 50,
  'of another workload: none': 300,
  'another port: none': 500,
  'a sub-domain: none': 500,
  'two labels for a wildcard: none': 300,
  'the parent domain: none': 500,
  'a look-alike: none': 500,
  'an address: none': 500,
  'of nobody: none': 500,
  'leads to public4: proxy': 500,
  'leads to public4: none': 500,
  'leads to public4 and public6: proxy': 100,
  'leads to private: proxy': 50,
  'leads to private: none': 300,
  'leads to private and public4: none': 50,
  // What is spoken.
  'TLS where it is declared: proxy': 500,
  'plain HTTP where it is declared: proxy': 300,
  'TLS where the other is declared: none': 500,
  'plain HTTP where the other is declared: none': 500,
  // Clusters.
  'ipFamily IPv4: proxy': 100,
  'ipFamily IPv6: proxy': 20,
  'ipFamily DualStack: proxy': 100,
  'parent name: proxy': 100,
  'parent address: proxy': 100,
  'sharedProxy true: proxy': 300,
  'sharedProxy false: proxy': 300,
};

silenceWarnings();
jest.setTimeout(600_000);

let laboratory: Laboratory;
let caller: Caller;
let proxies: [SharedProxy, SharedProxy];
let internet: Internet;

beforeAll(async () => {
  laboratory = await Laboratory.open();
  const { network, zone, folder } = laboratory;
  const addresses = [...SERVERS.public4, ...SERVERS.public6, ...SERVERS.private, PARENT.address];
  const origins = new Origins(network, addresses, path.join(folder, 'server.pem'), SERVER_PORTS, PARENT.port);
  caller = new Caller(network.addPod('caller'));
  network.allow(caller.pod, origins.pod);
  proxies = [new SharedProxy(laboratory, 'one'), new SharedProxy(laboratory, 'two')];
  for (const { proxy } of proxies) {
    network.allow(caller.pod, proxy.pod);
    network.allow(proxy.pod, origins.pod);
  }
  const [names] = fc.sample(randomInternet, { seed: SEED, numRuns: 1 });
  internet = { ...names, [PARENT.name]: [PARENT.address] };
  for (const [name, found] of Object.entries(internet)) zone.set(name, ...found);
  await origins.ready();
  for (const proxy of proxies) await proxy.knows(PARENT.name);
});

afterAll(() => laboratory?.close());

it(`canReach and a real Squid agree about ${PLATFORMS} random programs, from seed ${SEED}`, async () => {
  const programs = fc.sample(randomProxiedProgram, { seed: SEED, numRuns: PLATFORMS });
  const batches = ProxyBatch.of(programs.map((program) => new ProxiedPlatform(program)));
  const tally = new Tally();
  const disputes: object[] = [];
  for await (const [{ program }, answers] of answersAbout(batches)) {
    for (const answer of answers) {
      tally.add(answer, program.cluster);
      if (answer.faults.length > 0) disputes.push({ seed: SEED, ...answer, program, names: namesIn(answer) });
    }
  }
  // The smallest program tells most.
  disputes.sort((one, two) => JSON.stringify(one).length - JSON.stringify(two).length);
  expect(disputes.slice(0, 1)).toEqual([]);
  expect(tally.lacking(LEAST)).toEqual([]);
});

it('canReach and a real Squid disagree when one of them is shown a list that the other is not', async () => {
  const [name = '', other = ''] = Object.keys(internet).filter((one) => leadsTo(internet[one]!) === 'public4');
  const host = { name, port: 443, tls: true, privateBlocks: [] };
  const program: ProxiedProgram = {
    cluster: { kind: 'generic', sharedProxy: false },
    lists: [],
    workloads: [{ kind: 'agent', place: 0, hosts: [host] }],
  };
  const platform = new ProxiedPlatform(program);
  const [batch] = ProxyBatch.of([platform]);
  await proxies[0].load(batch!);
  const text = JSON.stringify(platform.objects).replaceAll(`\\"${name}\\"`, `\\"${other}\\"`);
  const changed = new ProxiedPlatform(program, JSON.parse(text) as ProxiedPlatform['objects']);
  const questions = [name, other].map((one): HostQuestion => ({ kind: 'declared', from: 0, host: one, port: 443 }));
  const reals = async (one: ProxiedPlatform) => (await ask([[one, questions]], proxies[0]))[0]!;
  expect((await reals(platform)).map(({ real, faults }) => [real, faults])).toEqual([
    ['proxy', []],
    ['none', []],
  ]);
  expect((await reals(changed)).map(({ real, faults }) => [real, faults[0]])).toEqual([
    ['proxy', 'canReach says none, and really it is proxy'],
    ['none', 'canReach says proxy, and really it is none'],
  ]);
});

/** Answers about the platforms of all batches; while one proxy is asked, the other gets the lists of the next. */
async function* answersAbout(batches: readonly ProxyBatch[]): AsyncGenerator<[ProxiedPlatform, readonly Answer[]]> {
  const load = async (i: number) => {
    const batch = batches[i];
    if (batch !== undefined) await proxies[i % 2]!.load(batch);
  };
  let loading = load(0);
  for (const [i, { platforms }] of batches.entries()) {
    await loading;
    loading = load(i + 1);
    const questions = platforms.map(({ program }) => questionsAbout(program, internet, QUESTIONS));
    const asked = platforms.map((platform, j): Asked => [platform, questions[j]!]);
    const answers = await ask(asked, proxies[i % 2]!);
    for (const [j, platform] of platforms.entries()) yield [platform, answers[j]!];
  }
}

/** Puts questions about platforms to a proxy that has their lists, and to canReach. */
async function ask(asked: readonly Asked[], proxy: SharedProxy): Promise<Answer[][]> {
  const first = await askOnce(asked, proxy);
  // What has just left Squid's memory of the DNS is refused; whether that was it shows when it is asked again.
  const late = asked
    .map(([platform], i): Asked => [platform, first[i]!.filter(isLate).map(({ question }) => question)])
    .filter(([, questions]) => questions.length > 0);
  const again = (await askOnce(late, proxy)).flat();
  return first.map((answers) =>
    answers.map((answer) => again.find(({ question }) => question === answer.question) ?? answer),
  );
}

type Asked = readonly [ProxiedPlatform, readonly HostQuestion[]];

async function askOnce(asked: readonly Asked[], proxy: SharedProxy): Promise<Answer[][]> {
  const trials = asked.map(([platform, questions]) => new ReachabilityTrial(platform, internet, questions, proxy));
  const outcomes = await caller.make(trials.flatMap(({ attempts }) => attempts));
  let next = 0;
  return trials.map((trial) => trial.answers(outcomes.slice(next, (next += trial.attempts.length))));
}

function isLate({ real, told }: Answer): boolean {
  return real === 'none' && told.allowed;
}

function namesIn({ question: { host } }: Answer): Internet {
  const name = host.toLowerCase().replace(/\.$/, '');
  return { [name]: internet[name] ?? [] };
}
