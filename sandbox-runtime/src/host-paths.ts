import { readdirSync } from 'node:fs';

/** Takes the paths of this machine out of what a tool says, and leaves other text that looks like one, for example `/api/v1`. */
export class HostPaths {
  private readonly roots: readonly (readonly [path: string, name: string])[];
  private readonly anyPath: RegExp;

  /** @param names what stands for a known path, by that path */
  public constructor(names: Readonly<Record<string, string>>) {
    this.roots = Object.entries(names).sort(([a], [b]) => b.length - a.length);
    const topLevel = readdirSync('/').map((name) => name.replace(/[^\w-]/g, '\\$&'));
    this.anyPath = new RegExp(
      `(?:(?<=file://)|(?<![\\w/.>]))/(?:${topLevel.join('|')})(?![\\w.-])(?:/[^\\s'"\`,;:()<>]*)?`,
      'gu',
    );
  }

  /** @param scratch the call's own folder */
  public scrub(text: string, scratch: string): string {
    const known = [[scratch, '<scratch>'] as const, ...this.roots];
    const named = known.reduce((rest, [path, name]) => rest.replaceAll(path, name), text);
    return named.replace(this.anyPath, '<path>');
  }
}
