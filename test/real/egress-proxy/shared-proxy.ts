import { enforceExit } from './exit-policy';
import type { Laboratory } from './laboratory';
import type { Proxy } from './proxy';
import type { ProxyBatch } from './proxy-batch';
import { until } from './until';
import type { ProxyEnd } from './workload';

/** A proxy that has the lists of one batch of platforms after the other. */
export class SharedProxy {
  public readonly proxy: Proxy;
  private isStarted = false;

  public constructor(
    private readonly laboratory: Laboratory,
    name: string,
  ) {
    this.proxy = laboratory.addProxy(name);
  }

  public at(port: number): ProxyEnd {
    return this.proxy.at(port);
  }

  /** Takes the lists of a batch, and gets out as its policies say. */
  public async load({ document, exits }: ProxyBatch): Promise<void> {
    const { proxy } = this;
    enforceExit(proxy.pod, exits, this.nameserver(), this.laboratory.folder);
    proxy.mount(document);
    if (!this.isStarted) {
      this.isStarted = true;
      return proxy.start();
    }
    const before = this.reloads();
    await until(() => this.reloads() > before);
    const [refused] = proxy.log.filter(({ event }) => event === 'document-refused');
    if (refused !== undefined) throw new Error(`a document is refused: ${JSON.stringify(refused)}`);
  }

  /** Waits until names lead where the zone says: it is read anew for each. */
  public async knows(name: string): Promise<void> {
    await until(() => {
      try {
        return this.proxy.pod.run('getent', 'ahosts', name) !== '';
      } catch {
        return false;
      }
    });
  }

  private reloads(): number {
    return this.proxy.log.filter(({ event }) => event === 'reloaded' || event === 'document-refused').length;
  }

  private nameserver(): string {
    return /nameserver (\S+)/.exec(this.proxy.pod.run('cat', '/etc/resolv.conf'))?.[1] ?? '';
  }
}
