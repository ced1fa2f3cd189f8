/** Keys of labels that controllers add to pods, so that a template does not tell their values. */
export const CONTROLLER_KEYS: ReadonlySet<string> = new Set([
  'apps.kubernetes.io/pod-index',
  'batch.kubernetes.io/controller-uid',
  'batch.kubernetes.io/job-completion-index',
  'batch.kubernetes.io/job-name',
  'controller-revision-hash',
  'controller-uid',
  'job-name',
  'pod-template-generation',
  'pod-template-hash',
  'statefulset.kubernetes.io/pod-name',
]);

type Known = Readonly<Record<string, string>>;

/** Labels as far as they are known. */
export class Labels {
  /** All labels that there are. */
  public static complete(known: Known): Labels {
    return new Labels(new Map(Object.entries(known)), true, () => true);
  }

  /** Labels of a pod template: complete, but for those that controllers add. */
  public static ofTemplate(known: Known): Labels {
    return new Labels(new Map(Object.entries(known)), true, (key) => !CONTROLLER_KEYS.has(key));
  }

  /** Some of the labels; there may be others. */
  public static some(known: Known): Labels {
    return new Labels(new Map(Object.entries(known)), false, () => false);
  }

  /** @param complete whether a label with this key would be known */
  private constructor(
    public readonly known: ReadonlyMap<string, string>,
    /** Whether these are all labels, but for those that controllers add. */
    public readonly areAll: boolean,
    private readonly complete: (key: string) => boolean,
  ) {}

  public value(key: string): string | undefined {
    return this.known.get(key);
  }

  /** Whether it is known if there is a label with this key, and its value. */
  public knows(key: string): boolean {
    return this.known.has(key) || this.complete(key);
  }

  /**
   * These labels and further ones.
   *
   * @param complete whether a label with this key would be known; undefined leaves it to these labels
   */
  public with(further: Iterable<[string, string]>, complete: (key: string) => boolean | undefined): Labels {
    return new Labels(new Map([...this.known, ...further]), this.areAll, (key) => complete(key) ?? this.complete(key));
  }
}
