import type { Group } from '../change.js';
import type { Fact, FactSheet, Owner } from '../fact.js';

const HARMLESS = { kind: 'setting', mayPermit: false } as const;

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
   * @param owner the object that the thing is of
   * @param thing what it is, of several at one place
   * @param prefix put before each text, such as the container that it is about
   */
  public constructor(
    private readonly owner: Owner,
    thing: string,
    private readonly prefix: string = '',
  ) {
    this.of = JSON.stringify([owner.kind, owner.place, thing, prefix]);
    this.marks = new Set([this.of]);
  }

  /** @param within subjects that permit it too */
  public grant(group: Group, subject: string, text: string, within: readonly string[] = []): void {
    const full = within.map((one) => this.prefix + one);
    this.facts.push({ kind: 'grant', ...this.about(group, subject, text), within: full });
  }

  /** @param text what is followed by blocks: `lets in` */
  public addresses(group: Group, subject: string, text: string, blocks: readonly string[]): void {
    this.facts.push({ kind: 'addresses', ...this.about(group, subject, text), blocks });
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
    if (value !== undefined)
      this.facts.push({ ...this.about(group, subject, text), ...HARMLESS, value, isShown: true });
  }

  /** A setting whose values are told to nobody. */
  public secretSetting(group: Group, subject: string, text: string, value: string): void {
    this.facts.push({ ...this.about(group, subject, text), ...HARMLESS, value, isShown: false });
  }

  /** Such a setting of which another value may permit more. */
  public tellingSetting(group: Group, subject: string, text: string, value: string): void {
    const about = this.about(group, subject, text);
    this.facts.push({ kind: 'setting', ...about, value, isShown: false, mayPermit: true });
  }

  private about(group: Group, subject: string, text: string) {
    const { owner, prefix, of } = this;
    return { group, owner, prefix, of, subject: prefix + subject, text };
  }
}
