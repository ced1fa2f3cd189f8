/** Characters of a label of a DNS name, as the engines read them. */
const LABEL = '[-a-z0-9_]';

/** A DNS name as it is compared: in lower case, without the dot at its end. */
export function normalHost(text: string): string {
  return text.toLowerCase().replace(/\.$/, '');
}

/** Whether a text has the form of a DNS name, perhaps with wildcards in it. */
export function isHostName(text: string): boolean {
  return /^[-a-z0-9_*]+(\.[-a-z0-9_*]+)*$/.test(normalHost(text));
}

/** Names of hosts that a rule allows: one name, or a pattern as its engine reads it. */
export class HostPattern {
  /** One name. */
  public static name(name: string): HostPattern {
    return new HostPattern(name, escaped(normalHost(name)));
  }

  /** Cilium: `*` stands for any characters within a label; `**.` at the beginning for one or more labels. */
  public static cilium(pattern: string): HostPattern {
    if (/^\*+\.?$/.test(pattern)) return new HostPattern(pattern, '.*', true);
    const deep = /^\*{2,}\./.exec(pattern)?.[0] ?? '';
    const rest = withinLabels(normalHost(pattern.slice(deep.length)));
    return new HostPattern(pattern, deep === '' ? rest : `${LABEL}+(\\.${LABEL}+)*\\.${rest}`);
  }

  /** GKE: `*` stands for any characters within a label, and alone for all names. */
  public static gke(pattern: string): HostPattern {
    if (pattern === '*') return new HostPattern(pattern, '.*', true);
    return new HostPattern(pattern, withinLabels(normalHost(pattern)));
  }

  /** ClusterNetworkPolicy and EKS: `*.` at the beginning stands for one or more labels. */
  public static subdomains(pattern: string): HostPattern {
    const name = normalHost(pattern);
    if (!name.startsWith('*.')) return HostPattern.name(pattern);
    return new HostPattern(pattern, `${LABEL}+(\\.${LABEL}+)*${escaped(name.slice(1))}`);
  }

  /** The egress proxy: `*.` at the beginning stands for one label, `**.` for one or more. */
  public static proxy(pattern: string): HostPattern {
    const name = normalHost(pattern);
    if (name.startsWith('**.')) return HostPattern.subdomains(name.slice(1));
    if (!name.startsWith('*.')) return HostPattern.name(pattern);
    return new HostPattern(pattern, `${LABEL}+${escaped(name.slice(1))}`);
  }

  private readonly expression: RegExp;

  private constructor(
    /** The name or pattern as it was written, normalized. */
    public readonly text: string,
    expression: string,
    /** Whether it stands for every name, and so for every address, since whoever owns a name decides where it leads. */
    public readonly isEveryName: boolean = false,
  ) {
    this.text = normalHost(text);
    this.expression = new RegExp(`^${expression}$`);
  }

  /** A name that it stands for, for questions about all of them. */
  public get sample(): string {
    return this.text
      .replace(/^\*+\.?$/, 'any.example')
      .replace(/^\*+\./, 'any.')
      .replace(/\*+/g, 'any');
  }

  /** @param host a normalized name */
  public matches(host: string): boolean {
    return this.expression.test(host);
  }
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

function withinLabels(name: string): string {
  return name.split(/\*+/).map(escaped).join(`${LABEL}*`);
}
