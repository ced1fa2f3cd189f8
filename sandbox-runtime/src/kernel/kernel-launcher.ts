import { planConfinement, type KernelRules } from './confine-plan.js';
import { ACCESS, type PathRule } from './landlock.js';
import { LaunchPlan } from './launch-plan.js';
import type { SystemCalls } from './system-calls.js';

/** How the process of a call is started. */
export interface Launch {
  /** The program, and its arguments. */
  readonly file: string;
  readonly arguments: readonly string[];
  /** What it reads first from its standard input; empty if it is not confined. */
  readonly plan: Buffer;
}

/** Starts the processes of calls so that the kernel confines them. */
export interface ProcessLauncher {
  /** @param scratch folder that it may write to */
  launch(nodeArguments: readonly string[], scratch: string): Launch;
}

/** Starts them without the kernel's help: there is no launcher for this machine, or none of its layers is there. */
export class PlainLauncher implements ProcessLauncher {
  public launch(nodeArguments: readonly string[]): Launch {
    return { file: process.execPath, arguments: nodeArguments, plan: Buffer.alloc(0) };
  }
}

/** Starts them by a program of its own, which confines itself and then becomes Node.js. */
export class KernelLauncher implements ProcessLauncher {
  /** @param program path of the launcher @param rules what all processes are held to; scratch folders are added */
  public constructor(
    private readonly program: string,
    private readonly calls: SystemCalls,
    private readonly rules: KernelRules,
  ) {}

  public launch(nodeArguments: readonly string[], scratch: string): Launch {
    const plan = new LaunchPlan();
    planConfinement(plan, this.calls, withFolder(this.rules, scratch));
    return { file: this.program, arguments: [process.execPath, ...nodeArguments], plan: plan.bytes() };
  }
}

function withFolder(rules: KernelRules, scratch: string): KernelRules {
  if (rules.landlock === undefined) return rules;
  const own: PathRule = { path: scratch, isFolder: true, access: ACCESS.own };
  return { ...rules, landlock: { ...rules.landlock, paths: [...rules.landlock.paths, own] } };
}
