import { setTimeout as sleep } from 'node:timers/promises';
import { GatewayProcess, type GatewayPlace } from '../gateway-process';
import type { Findings } from './findings';

/** A replica that users send requests to, and that may be killed. */
export class Replica {
  public static async start(place: GatewayPlace, findings: Findings, flags: readonly string[] = []): Promise<Replica> {
    const replica = new Replica(place, findings, flags);
    await replica.start();
    return replica;
  }

  private gateway!: GatewayProcess;
  /** How often it was killed. */
  private deaths = 0;

  private constructor(
    private readonly place: GatewayPlace,
    private readonly findings: Findings,
    private readonly flags: readonly string[],
  ) {}

  public get process(): GatewayProcess {
    return this.gateway;
  }

  public get url(): string {
    return this.gateway.url;
  }

  /** Says from now on whether it was there all the time. */
  public watch(): () => boolean {
    const { deaths } = this;
    return () => deaths === this.deaths && deaths % 2 === 0;
  }

  public async kill(): Promise<void> {
    this.deaths += 1;
    await this.gateway.kill();
  }

  /** Starts it anew, as often as it refuses a document that is broken at the moment. */
  public async restart(): Promise<void> {
    for (;;) {
      try {
        await this.start();
        break;
      } catch {
        this.findings.count('a replica refuses to start');
        await sleep(200);
      }
    }
    this.deaths += 1;
  }

  private async start(): Promise<void> {
    const onLine = (line: Readonly<Record<string, unknown>>): void => this.findings.logged(line);
    this.gateway = await GatewayProcess.start(this.place, { flags: this.flags, onLine });
  }
}
