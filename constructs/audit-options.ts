/** What the audit lines of a gateway say beside who called what, and how it went. */
export interface AuditOptions {
  /**
   * Whether lines of tool calls and invocations have keyed hashes of arguments and result: equal ones can be told by it,
   * and nothing else.
   * @default false
   */
  readonly hashes?: boolean;
  /**
   * Whether they have arguments and results themselves, the first 16 KiB of each. Who reads the log then reads what users
   * asked, and what they got.
   * @default false
   */
  readonly contents?: boolean;
}
