import path from 'node:path';
import fc from 'fast-check';
import { Platform, type KubernetesObject } from 'agentyard/reachability';
import { manifestFolders, readManifests } from '../cluster/manifests';
import { silenceWarnings } from '../constructs/silence-warnings';
import { Agreement } from '../reachability/agreement';
import {
  answersOfCyclonus,
  endOf,
  type Answer,
  type End,
  type Port,
  type Question,
} from '../reachability/policy-reader';
import { POD_CIDRS, PORTS, randomPlatform } from '../reachability/random-platform';
import { randomProgramAndPolicies } from '../reachability/random-program';

const GOLDEN = path.join(__dirname, '../apps/golden');
const SEED = 20_261_121;
const RUNS = 1000;
/** One of how many connections of a program is asked about. */
const SHARE = 2;

/** One address of each part that the blocks of random platforms make of the pods' addresses. */
const POD_ADDRESSES = ['10.244.0.1', '10.244.3.5', '10.244.3.200', '10.244.7.9', '10.244.130.1'].concat([
  'fd00:10:244::1',
  'fd00:10:244::2',
]);
const OUTSIDE = ['8.8.8.8', '8.8.9.9', '8.8.200.1', '203.0.113.7', '10.1.2.3', '10.9.9.9', '192.168.9.9'].concat([
  '169.254.20.10',
  '2001:db8::5',
  '2600::1',
]);

silenceWarnings();
// Of which most is for Go, on a machine that has none.
jest.setTimeout(600_000);

const portsOf = (numbers: readonly number[]): Port[] =>
  (['TCP', 'UDP', 'SCTP'] as const).flatMap((protocol) => numbers.map((port) => ({ port, protocol })));

function questionOf(
  objects: readonly KubernetesObject[],
  addresses: readonly string[],
  ports: readonly Port[],
  others: readonly End[] = [],
): Question {
  const pods = objects.map((object) => endOf(object, addresses)).filter((end) => end !== undefined);
  const outside = OUTSIDE.map((address): End => ({ title: address, addresses: [address] }));
  return { objects, ends: [...pods, ...others, ...outside], ports };
}

/** The connections that one of the two allows and the other does not, of those with an end in the program. */
function disputes({ objects, ends, ports }: Question, cyclonus: Answer): string[] {
  const platform = Platform.fromObjects(objects, { clusterCidrs: POD_CIDRS });
  const endpoints = ends.map(({ title, namespace, labels = {} }) => {
    const workload = platform.workloads.find((one) => one.title === title);
    return workload ?? (namespace === undefined ? title : { namespace, labels });
  });
  const isOurs = (index: number) => index < platform.workloads.length;
  return ends.flatMap((from, i) =>
    ends.flatMap((to, j) => {
      if (!isOurs(i) && !isOurs(j)) return [];
      return ports.flatMap(({ port, protocol }, k) => {
        const { allowed, because } = platform.canReach(endpoints[i]!, endpoints[j]!, port, protocol);
        if (allowed === cyclonus(i, j, k)) return [];
        return [`${from.title} -> ${to.title} ${protocol} ${port}: ${allowed}, since ${because.join('; ')}`];
      });
    }),
  );
}

describe('lib/reachability and cyclonus, a published reading of NetworkPolicies', () => {
  it(`agree about every connection of ${RUNS} random platforms, from seed ${SEED}`, () => {
    const platforms = fc.sample(randomPlatform, { seed: SEED, numRuns: RUNS });
    const questions = platforms.map((objects) => questionOf(objects, POD_ADDRESSES, portsOf(PORTS)));
    const answers = answersOfCyclonus(questions);
    const disputed = questions
      .map((question, i) => ({ objects: question.objects, disputes: disputes(question, answers[i]!) }))
      .filter((one) => one.disputes.length > 0)
      .sort((one, two) => JSON.stringify(one).length - JSON.stringify(two).length);
    // The smallest platform tells most.
    expect(disputed.slice(0, 1)).toEqual([]);
    const answered = questions.flatMap(({ ends }, i) => ends.map((_, j) => answers[i]!(0, j, 0)));
    expect(new Set(answered)).toEqual(new Set([true, false]));
  });

  it.each(manifestFolders(GOLDEN).map((folder) => path.relative(GOLDEN, folder)))(
    'agree about golden %s, but for what is no NetworkPolicy',
    (folder) => {
      const objects = (readManifests(path.join(GOLDEN, folder)) as KubernetesObject[]).filter(isPlain);
      const question = questionOf(objects, ['10.244.0.1'], portsOf(portsIn(objects)), othersIn(objects));
      const [answer] = answersOfCyclonus([question]);
      expect(disputes(question, answer!)).toEqual([]);
      // Something is allowed, so that "nothing" is not what they agree about.
      const indexes = question.ends.map((_, i) => i);
      const workloads = indexes.filter((i) => question.ends[i]!.title.startsWith('Deployment '));
      expect(workloads.some((i) => indexes.some((j) => question.ports.some((_, k) => answer!(i, j, k))))).toBe(true);
    },
  );

  it('disagree when one of them is shown a policy that the other is not', () => {
    const [objects = []] = fc.sample(randomPlatform, { seed: SEED, numRuns: 1 });
    const closed = ['alpha', 'beta', 'gamma'].map((namespace) => ({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: 'closed', namespace },
      spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'] },
    }));
    const workloads = objects.filter(({ kind }) => kind !== 'NetworkPolicy');
    const [answer] = answersOfCyclonus([questionOf([...workloads, ...closed], POD_ADDRESSES, portsOf([80]))]);
    expect(disputes(questionOf(workloads, POD_ADDRESSES, portsOf([80])), answer!)).toContainEqual(
      expect.stringContaining('8.8.8.8 TCP 80: true'),
    );
  });
});

describe('lib/reachability and a second reading of our own', () => {
  it(`agree about ${RUNS} random programs with policies of others beside them, from seed ${SEED}`, () => {
    let overcautious = 0;
    fc.assert(
      fc.property(randomProgramAndPolicies, fc.nat({ max: SHARE - 1 }), (program, offset) => {
        const agreement = Agreement.about(program);
        expect(agreement.disputes(SHARE, offset)).toEqual([]);
        if (agreement.overcautious.length > 0) overcautious += 1;
      }),
      { seed: SEED, numRuns: RUNS },
    );
    // "May" is the answer where manifests leave it open; seldom is it open in one rule and closed in all cases by another.
    expect(overcautious).toBeLessThan(RUNS / 50);
  });
});

/** Whether an object is of Kubernetes itself, as cyclonus knows them. */
function isPlain({ kind = '' }: KubernetesObject): boolean {
  return kind === 'NetworkPolicy' || !kind.endsWith('NetworkPolicy');
}

/** Ports of policies, and those beside them. */
function portsIn(objects: readonly KubernetesObject[]): number[] {
  const policies = JSON.stringify(objects.filter(({ kind }) => kind === 'NetworkPolicy'));
  const named = [...policies.matchAll(/"port":(\d+)/g)].map(([, port]) => Number(port));
  return [...new Set([80, 443, ...named, ...named.map((port) => port + 1)])];
}

/** Pods that are not of the program: those that its policies name, and one in each namespace that they do not. */
function othersIn(objects: readonly KubernetesObject[]): End[] {
  const policies = objects.filter(({ kind }) => kind === 'NetworkPolicy');
  const peers = policies.flatMap(({ spec }) => {
    const { ingress = [], egress = [] } = spec as { ingress?: { from: Peer[] }[]; egress?: { to: Peer[] }[] };
    return [...ingress.flatMap(({ from }) => from), ...egress.flatMap(({ to }) => to)];
  });
  const named = peers.flatMap(({ namespaceSelector, podSelector }): Pods[] => {
    const namespace = namespaceSelector?.matchLabels['kubernetes.io/metadata.name'];
    return namespace === undefined ? [] : [{ namespace, labels: podSelector?.matchLabels ?? {} }];
  });
  const strangers = policies.map(({ metadata }): Pods => ({ namespace: metadata?.namespace as string, labels: {} }));
  return [...named, ...strangers, { namespace: 'elsewhere', labels: {} }].map(({ namespace, labels }) => ({
    title: `pods ${namespace} ${JSON.stringify(labels)}`,
    namespace,
    labels,
    addresses: ['10.244.0.1'],
  }));
}

interface Pods {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
}

interface Peer {
  readonly namespaceSelector?: { readonly matchLabels: Readonly<Record<string, string>> };
  readonly podSelector?: { readonly matchLabels: Readonly<Record<string, string>> };
}
