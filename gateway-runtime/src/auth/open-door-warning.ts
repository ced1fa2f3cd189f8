import type { Logger } from '@agentyard/runtime-kit';

const HOUR_MS = 3_600_000;

/** What lets everyone in, by the event of its log line. */
const WARNINGS = {
  'auth-none': 'everyone who reaches this gateway may use it',
  'auth-demo-token': 'the demo token, which is public, counts: everyone who reaches this gateway may use it',
} as const;

/** Says in the log, at once and each hour, that a gateway lets everyone in. */
export class OpenDoorWarning {
  private readonly timer: NodeJS.Timeout;

  public constructor(
    private readonly event: keyof typeof WARNINGS,
    private readonly log: Logger,
  ) {
    this.warn();
    this.timer = setInterval(() => this.warn(), HOUR_MS).unref();
  }

  public close(): void {
    clearInterval(this.timer);
  }

  private warn(): void {
    this.log.warn({ event: this.event }, WARNINGS[this.event]);
  }
}
