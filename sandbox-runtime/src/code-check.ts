import path from 'node:path';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { ToolsetDocument } from 'agentyard/contract';
import type { CallOutcome } from './call-outcome.js';
import { describeFailure } from './call-outcome.js';
import type { ChildModule } from './child-protocol.js';
import { strayLinks } from './stray-links.js';

type Tool = ToolsetDocument['tools'][number];

/** Finds out what a module exports, in a process of its own, confined like a call. */
export type ListFunctions = (module: ChildModule) => Promise<CallOutcome>;

/**
 * Whether the mounted code is the code that the document declares. Nothing of it runs before that is known. Of code whose
 * hash it does not declare, since it comes with an image, the one that is there at the start stays the declared one.
 */
export class CodeCheck {
  private isDone = false;
  private readonly found = new Set<string>();
  /** Hash of each module that was there when it was checked. */
  private readonly pinned = new Map<string, string>();

  /** @param report told once of each problem */
  public constructor(
    private readonly directory: string,
    private readonly tools: readonly Tool[],
    private readonly report: (problem: string) => void,
  ) {}

  /** Why no tool may be called; empty when all is well. */
  public get problems(): readonly string[] {
    return this.isDone ? [...this.found] : ['the code of the tools is being checked'];
  }

  /** Has none of it run, for another reason than the code. */
  public refuse(problem: string): void {
    this.isDone = true;
    this.found.add(problem);
  }

  /** The file of a tool and the hash that it must have; none fits before a file without a declared one was checked. */
  public moduleOf({ module = '', sha256 }: Tool): ChildModule {
    return { module: path.join(this.directory, module), sha256: sha256 ?? this.pinned.get(module) ?? '' };
  }

  /** Compares every module's hash, then loads each that is right and compares what it exports. */
  public async run(listFunctions: ListFunctions): Promise<void> {
    try {
      if (this.tools.some(({ sha256 }) => sha256 === undefined)) await this.checkLinks();
      for (const module of new Set(this.tools.flatMap(({ module }) => module ?? []))) {
        await this.checkModule(module, listFunctions);
      }
    } catch (error) {
      this.add('the code of the tools could not be checked');
      throw error;
    } finally {
      this.isDone = true;
    }
  }

  /**
   * Looks again at a module of which a call says that its content is another one since the check. A tool can say so
   * too, and must not be able to take the toolset out of service: the file itself decides.
   */
  public async hasChanged(module: string): Promise<boolean> {
    const hash = await hashOf(path.join(this.directory, module));
    const changed = this.tools.some((tool) => tool.module === module && this.moduleOf(tool).sha256 !== hash);
    if (changed) this.moduleChanged(module);
    return changed;
  }

  /** Files of an image come as its builder made them; those that the library mounts have no links of their own. */
  private async checkLinks(): Promise<void> {
    for (const link of await strayLinks(this.directory)) {
      this.add(`${link} is a symbolic link that leads out of the directory of the tools, or to nothing`);
    }
  }

  private async checkModule(module: string, listFunctions: ListFunctions): Promise<void> {
    const declared = this.tools.filter((tool) => tool.module === module);
    const file = path.join(this.directory, module);
    const hash = await hashOf(file);
    if (hash === undefined) return this.add(`${module} cannot be read`);
    this.pinned.set(module, hash);
    const wrong = declared.filter((tool) => this.moduleOf(tool).sha256 !== hash);
    if (wrong.length > 0) return this.moduleChanged(module);
    const outcome = await listFunctions({ module: file, sha256: hash });
    if (outcome.kind !== 'answered') return this.add(`${module} cannot be loaded. ${describeFailure(outcome)}`);
    if (outcome.answer.status === 'changed') return this.moduleChanged(module);
    if (outcome.answer.status === 'threw') return this.add(`${module} cannot be loaded: ${outcome.answer.message}`);
    if (outcome.answer.status !== 'listed') return this.add(`${module} cannot be loaded`);
    this.compare(module, new Set(declared.map(({ name }) => name)), new Set(outcome.answer.functions));
  }

  private compare(module: string, declared: ReadonlySet<string>, exported: ReadonlySet<string>): void {
    for (const name of declared) {
      if (!exported.has(name)) this.add(`tool "${name}" is declared, but ${module} exports no function of that name`);
    }
    for (const name of exported) {
      if (!declared.has(name)) this.add(`${module} exports the function "${name}", which is not declared as a tool`);
    }
  }

  private moduleChanged(module: string): void {
    this.add(`${module} is not the declared file: its SHA-256 differs`);
  }

  private add(problem: string): void {
    if (this.found.has(problem)) return;
    this.found.add(problem);
    this.report(problem);
  }
}

async function hashOf(file: string): Promise<string | undefined> {
  try {
    return createHash('sha256')
      .update(await readFile(file))
      .digest('hex');
  } catch {
    return undefined;
  }
}
