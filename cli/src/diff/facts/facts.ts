import type { Group } from '../change.js';
import type { Fact, FactSheet } from '../fact.js';

/** Facts about one thing. */
export class Facts implements FactSheet {
  /** All of several. */
  public static joined(sheets: readonly FactSheet[]): FactSheet {
    return {
      facts: sheets.flatMap(({ facts }) => facts),
      marks: new Set(sheets.flatMap(({ marks }) => [...marks])),
    };
  }

  public readonly facts: Fact[] = [];
  public readonly marks: ReadonlySet<string>;
  private readonly of: string;

  /**
   * @param place where the thing is
   * @param thing what it is, of several at one place
   * @param prefix put before each text, such as the container that it is about
   */
  public constructor(
    private readonly place: string,
    thing: string,
    private readonly prefix: string = '',
  ) {
    this.of = JSON.stringify([place, thing, prefix]);
    this.marks = new Set([this.of]);
  }

  /** @param within subjects that permit it too */
  public grant(group: Group, subject: string, text: string, within: readonly string[] = []): void {
    const full = within.map((one) => this.prefix + one);
    this.facts.push({ kind: 'grant', ...this.about(group, subject, text), within: full });
  }

  public restriction(group: Group, subject: string, text: string): void {
    this.facts.push({ kind: 'restriction', ...this.about(group, subject, text) });
  }

  /** If there is no value, there is no limit. */
  public limit(
    group: Group,
    subject: string,
    text: string,
    value: number | undefined,
    show: (value: number) => string = String,
  ): void {
    if (value !== undefined) {
      this.facts.push({ kind: 'limit', ...this.about(group, subject, text), value, shown: show(value) });
    }
  }

  /** Nothing if there is no value. */
  public setting(group: Group, subject: string, text: string, value: string | undefined): void {
    if (value !== undefined) {
      this.facts.push({ kind: 'setting', ...this.about(group, subject, text), value, isShown: true });
    }
  }

  /** A setting whose values are told to nobody. */
  public secretSetting(group: Group, subject: string, text: string, value: string): void {
    this.facts.push({ kind: 'setting', ...this.about(group, subject, text), value, isShown: false });
  }

  private about(group: Group, subject: string, text: string) {
    const { place, prefix, of } = this;
    return { group, place, prefix, of, subject: prefix + subject, text };
  }
}
