import type { EgressProxyDocumentInput } from 'agentyard/contract';
import type { AllowList, ProxiedPlatform } from './proxied-platform';

/** Ports that a Squid listens on at most. */
const MOST_LISTS = 128;

/** Platforms whose allow lists stand together in one Squid: the port of a list is its own, whoever has it. */
export class ProxyBatch {
  /** Puts platforms into batches, those of a kind together as far as there is place. */
  public static of(platforms: readonly ProxiedPlatform[]): ProxyBatch[] {
    const batches: ProxyBatch[] = [];
    const open = new Map<string, ProxyBatch>();
    for (const platform of platforms) {
      let batch = open.get(platform.kind);
      if (batch?.hasPlaceFor(platform) !== true) {
        batch = new ProxyBatch();
        batches.push(batch);
        open.set(platform.kind, batch);
      }
      batch.add(platform);
    }
    return batches;
  }

  public readonly platforms: ProxiedPlatform[] = [];
  private readonly lists = new Map<number, AllowList>();

  /** The first document, with the lists of all of them, and with short turns. */
  public get document(): EgressProxyDocumentInput {
    const [first] = this.platforms.flatMap(({ proxies }) => proxies);
    if (first === undefined) throw new Error('none of these platforms has a proxy');
    const reload = { replicas: 1, slotMs: 200, drainMs: 1 };
    return { ...first.document, allowLists: [...this.lists.values()], reload };
  }

  /** Where policies let the proxies out to. */
  public get exits(): string[] {
    return [...new Set(this.platforms.flatMap(({ exits }) => exits))];
  }

  private add(platform: ProxiedPlatform): void {
    this.platforms.push(platform);
    for (const list of platform.lists) this.lists.set(list.port, list);
  }

  /** Whether there are ports left, and none of the platform's stands for another list already. */
  private hasPlaceFor({ lists }: ProxiedPlatform): boolean {
    const ports = new Set([...this.lists.keys(), ...lists.map(({ port }) => port)]);
    const isOther = (list: AllowList) => JSON.stringify(this.lists.get(list.port) ?? list) !== JSON.stringify(list);
    return ports.size <= MOST_LISTS && !lists.some(isOther);
  }
}
