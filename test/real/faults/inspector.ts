import { eventually } from '../../../gateway-runtime/test/fixture';
import { onCleanUp } from '../../../runtime-kit/test/test-resources';
import type { GatewayProcess } from '../gateway-process';

/** Starts a process of Node.js with an inspector at a free port of loopback. */
export const INSPECTED: readonly string[] = ['--inspect=127.0.0.1:0'];

/** The inspector of a process (Chrome DevTools Protocol). */
export class Inspector {
  /** @param gateway started with {@link INSPECTED} */
  public static async connect(gateway: GatewayProcess): Promise<Inspector> {
    const url = await eventually(() => /^Debugger listening on (ws:\S+)$/m.exec(gateway.words)?.[1]);
    const socket = new WebSocket(url);
    await new Promise((resolve, reject) => {
      socket.addEventListener('open', resolve);
      socket.addEventListener('error', () => reject(new Error(`no inspector at ${url}`)));
    });
    onCleanUp(() => socket.close());
    return new Inspector(socket);
  }

  private readonly asked = new Map<number, (result: unknown) => void>();
  private last = 0;

  private constructor(private readonly socket: WebSocket) {
    socket.addEventListener('message', ({ data }) => {
      const { id, result } = JSON.parse(String(data)) as { readonly id?: number; readonly result?: unknown };
      this.asked.get(id ?? 0)?.(result);
      this.asked.delete(id ?? 0);
    });
  }

  /** How much of its heap is in use when all garbage is collected, in bytes. */
  public async usedHeap(): Promise<number> {
    // What is finalized with the first may be garbage for the next.
    for (let i = 0; i < 2; i += 1) await this.ask('HeapProfiler.collectGarbage');
    const { usedSize } = (await this.ask('Runtime.getHeapUsage')) as { readonly usedSize: number };
    return usedSize;
  }

  /** A process does not exit while somebody looks into it. */
  public close(): void {
    this.socket.close();
  }

  private ask(method: string): Promise<unknown> {
    const id = (this.last += 1);
    const answered = new Promise((resolve) => this.asked.set(id, resolve));
    this.socket.send(JSON.stringify({ id, method }));
    return answered;
  }
}
