import { Histogram } from './histogram.js';

/** How a request ended. */
export const OUTCOMES = ['ok', 'refused', 'overloaded', 'failed', 'aborted'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** What a runtime works on at this moment. */
export interface Load {
  /** Requests that are being answered; a stream counts until it ends. */
  readonly inFlight: number;
  /** Requests that wait for their turn. */
  readonly queued: number;
}

/** Events that one kind of runtime counts, by the value of a label if there is one. */
export class EventCount {
  private readonly counts: Map<string, number>;

  /** @param label name of the label, and the values that are shown from the start on */
  public constructor(
    public readonly name: string,
    public readonly help: string,
    public readonly label?: { readonly name: string; readonly values: readonly string[] },
  ) {
    this.counts = new Map((label?.values ?? ['']).map((value) => [value, 0]));
  }

  /** Counts events, under the value of the label. */
  public add(value = '', count = 1): void {
    this.counts.set(value, (this.counts.get(value) ?? 0) + count);
  }

  /** How many there were, by the value of the label; under an empty one without a label. */
  public get values(): ReadonlyMap<string, number> {
    return this.counts;
  }
}

/** A number that one kind of runtime has at present. */
export interface OwnGauge {
  readonly name: string;
  readonly help: string;
  /** Asked at each scrape. */
  readonly value: () => number;
}

/** A figure of now that one kind of runtime has, by the value of a label. */
export interface LabelledGauge {
  readonly name: string;
  readonly help: string;
  /** Name of the label. */
  readonly label: string;
  /** The figures by the value of the label, asked at each scrape. */
  readonly read: () => ReadonlyMap<string, number>;
}

/** What a runtime counts from its start on. */
export class Metrics {
  private readonly counts = new Map<Outcome, number>(OUTCOMES.map((outcome) => [outcome, 0]));
  private readonly events: EventCount[] = [];
  private readonly ownGauges: OwnGauge[] = [];
  private readonly ofLabels: LabelledGauge[] = [];
  private readonly ownHistograms: Histogram[] = [];
  private failures = 0;

  /** Adds a count that is served beside those which all runtimes have; before the runtime has started. */
  public addEventCount(...args: ConstructorParameters<typeof EventCount>): EventCount {
    const count = new EventCount(...args);
    this.events.push(count);
    return count;
  }

  /** Adds a number that is served beside those which all runtimes have; before the runtime has started. */
  public addGauge(name: string, help: string, value: () => number): void {
    this.ownGauges.push({ name, help, value });
  }

  /** Adds a figure that is served beside those which all runtimes have; before the runtime has started. */
  public addLabelledGauge(name: string, help: string, label: string, read: LabelledGauge['read']): void {
    this.ofLabels.push({ name, help, label, read });
  }

  /** Adds a histogram that is served beside the counts; before the runtime has started. */
  public addHistogram(...args: ConstructorParameters<typeof Histogram>): Histogram {
    const histogram = new Histogram(...args);
    this.ownHistograms.push(histogram);
    return histogram;
  }

  /** Counts a request that has ended. */
  public countRequest(outcome: Outcome): void {
    this.counts.set(outcome, (this.counts.get(outcome) ?? 0) + 1);
  }

  /** Counts a new document that was refused while the old one stayed in force. */
  public countReloadFailure(): void {
    this.failures += 1;
  }

  /** Requests that have ended, by outcome. */
  public get requests(): ReadonlyMap<Outcome, number> {
    return this.counts;
  }

  public get reloadFailures(): number {
    return this.failures;
  }

  /** Counts that this kind of runtime has beside the others. */
  public get eventCounts(): readonly EventCount[] {
    return this.events;
  }

  /** Numbers that this kind of runtime has beside the others. */
  public get gauges(): readonly OwnGauge[] {
    return this.ownGauges;
  }

  /** Figures that this kind of runtime has beside the others. */
  public get labelledGauges(): readonly LabelledGauge[] {
    return this.ofLabels;
  }

  /** Histograms that this kind of runtime has beside the others. */
  public get histograms(): readonly Histogram[] {
    return this.ownHistograms;
  }
}
