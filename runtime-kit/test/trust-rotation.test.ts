import fc from 'fast-check';
import { parseDocument, trustDocument, type SigningKeys, type TrustBundle } from 'agentyard/contract';
import { ClusterFault, refreshTrust, titleOf, type KeptObject } from '../src';
import { configMap, MemoryTrustCluster, secretOf } from './memory-trust-cluster';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const LEAD = 30 * MINUTE;
/** Longest life of a user claim. */
const CLAIM = 16 * MINUTE;
/** How often the gateway is looked at. */
const STEP = 10 * MINUTE;
const NAMESPACES = ['agents', 'tools'];
const SECRET = secretOf('gateway');

const document = parseDocument(
  trustDocument,
  JSON.stringify({
    kind: 'Trust',
    version: 1,
    name: 'app-trust',
    namespace: 'front',
    bundles: NAMESPACES.map((namespace) => ({ namespace, configMap: 'trust-bundle' })),
    gateways: [{ issuer: 'agentyard:front/gateway', namespace: 'front', secret: 'gateway-keys' }],
    rotation: { everyMs: 4 * HOUR, leadMs: LEAD, keepMs: HOUR },
  }),
);

/** What happens after some minutes: a run, with what goes wrong in it. */
interface Event {
  readonly afterMinutes: number;
  /** After how many requests it is killed. */
  readonly killedAfter: number | undefined;
  /** Whose bundle cannot be written. */
  readonly refused: string | undefined;
  /** Before which request another run does all of its own. */
  readonly otherBefore: number | undefined;
  /** Whether somebody empties the Secret before. */
  readonly emptied: boolean;
}

/** The contents of an object with the times from which they were there. */
type History = readonly { readonly from: number; readonly text: string }[];

/** A platform whose runs go wrong. */
class Story {
  public readonly cluster = new MemoryTrustCluster();
  public now = 0;
  private readonly histories = new Map<string, { from: number; text: string }[]>();

  public constructor() {
    for (const object of [...NAMESPACES.map(configMap), SECRET]) this.cluster.put(object);
  }

  public async happen({ afterMinutes, killedAfter, refused, otherBefore, emptied }: Event): Promise<void> {
    this.now += afterMinutes * MINUTE;
    if (emptied) this.cluster.put(SECRET);
    let requests = 0;
    this.cluster.before = async (verb, object) => {
      requests += 1;
      if (requests === otherBefore) await this.undisturbed(() => this.run());
      if (killedAfter !== undefined && requests > killedAfter) throw new Error('killed');
      if (verb === 'patch' && object.namespace === refused) throw new ClusterFault('Forbidden');
    };
    await this.run().catch(() => undefined);
    this.cluster.before = () => undefined;
  }

  public historyOf(object: KeptObject): History {
    return this.histories.get(titleOf(object)) ?? [];
  }

  private async run(): Promise<void> {
    try {
      await refreshTrust(document, this.cluster, () => this.now);
    } finally {
      this.note();
    }
  }

  private async undisturbed(act: () => Promise<void>): Promise<void> {
    const { before } = this.cluster;
    this.cluster.before = () => undefined;
    await act();
    this.cluster.before = before;
  }

  private note(): void {
    for (const object of [...NAMESPACES.map(configMap), SECRET]) {
      const text = this.cluster.text(object);
      const history = this.histories.get(titleOf(object)) ?? [];
      this.histories.set(titleOf(object), history);
      // Gateways and callees keep what they had when there is nothing any more.
      if (text !== undefined && history.at(-1)?.text !== text) history.push({ from: this.now, text });
    }
  }
}

/** What a pod has mounted at a time. */
function mounted(history: History, time: number): string | undefined {
  return history.findLast(({ from }) => from <= time)?.text;
}

/** The key that a gateway signs with at a time, and from when it was there. */
function signerAt(history: History, time: number, lag: number) {
  const text = mounted(history, time - lag);
  if (text === undefined) return undefined;
  const { keys } = JSON.parse(text) as SigningKeys;
  const usable = keys.filter(({ usableFrom }) => Date.parse(usableFrom) <= time);
  const [newest] = usable.sort((a, b) => Date.parse(b.usableFrom) - Date.parse(a.usableFrom));
  const made = history.find((content) => content.text.includes(newest?.kid ?? '-'));
  const isFirst = made !== undefined && (JSON.parse(made.text) as SigningKeys).keys.length === 1;
  return newest && { kid: newest.kid, madeAt: made?.from ?? 0, isFirst };
}

function verifies(text: string | undefined, kid: string, time: number): boolean {
  const { gateways } = JSON.parse(text ?? '{"gateways":[]}') as Pick<TrustBundle, 'gateways'>;
  const key = gateways.flatMap(({ keys }) => keys).find((candidate) => candidate.kid === kid);
  return key !== undefined && Date.parse(key.expiresAt ?? '9999-01-01') > time;
}

const event: fc.Arbitrary<Event> = fc.record({
  afterMinutes: fc.oneof(fc.constant(5), fc.integer({ min: 1, max: 400 })),
  killedAfter: fc.option(fc.integer({ min: 0, max: 12 }), { nil: undefined, freq: 3 }),
  refused: fc.option(fc.constantFrom(...NAMESPACES), { nil: undefined, freq: 3 }),
  otherBefore: fc.option(fc.integer({ min: 1, max: 8 }), { nil: undefined, freq: 3 }),
  emptied: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
});

/** Just under the longest, so that it is mounted in time. */
const LAGS = [0, LEAD - 1];

describe('signing keys that follow one another', () => {
  it('sign nothing that a callee with a bundle of the last half hour refuses, whatever runs go wrong', async () => {
    const property = fc.asyncProperty(fc.array(event, { minLength: 1, maxLength: 20 }), async (events) => {
      const story = new Story();
      for (const happening of events) await story.happen(happening);
      const secret = story.historyOf(SECRET);
      const times = [...Array(Math.ceil(story.now / STEP) + 1).keys()].map((i) => i * STEP);
      for (const signedAt of times) {
        for (const gatewayLag of LAGS) {
          const signer = signerAt(secret, signedAt, gatewayLag);
          if (signer === undefined) continue;
          for (const namespace of NAMESPACES) {
            for (const calleeLag of LAGS) {
              for (const checkedAt of [signedAt, signedAt + CLAIM]) {
                // A first key signs at once: callees refuse it until they have the bundle that has it.
                const from = Math.max(checkedAt - calleeLag, signer.isFirst ? signer.madeAt : 0);
                const bundle = mounted(story.historyOf(configMap(namespace)), from);
                const seen = { signedAt, gatewayLag, namespace, calleeLag, checkedAt, signer };
                if (!verifies(bundle, signer.kid, checkedAt)) throw new Error(JSON.stringify({ seen, bundle }));
              }
            }
          }
        }
      }
    });
    await fc.assert(property, { numRuns: 100 });
  });

  it('are all renewed, and none is left, when runs go well again', async () => {
    const property = fc.asyncProperty(fc.array(event, { maxLength: 12 }), async (events) => {
      const story = new Story();
      for (const happening of events) await story.happen(happening);
      const well = { killedAfter: undefined, refused: undefined, otherBefore: undefined, emptied: false };
      for (let i = 0; i < 12; i += 1) await story.happen({ ...well, afterMinutes: 60 });
      const kept = story.cluster.signingKeys('gateway').map(({ kid }) => kid);
      expect(kept.length).toBeLessThanOrEqual(2);
      for (const namespace of NAMESPACES) {
        const published = story.cluster.bundle(namespace).gateways.flatMap(({ keys }) => keys);
        expect(published.map(({ kid }) => kid).sort()).toEqual([...kept].sort());
      }
    });
    await fc.assert(property, { numRuns: 40 });
  });
});
