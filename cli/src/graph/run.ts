import { writeFile } from 'node:fs/promises';
import type { Workload } from 'agentyard/reachability';
import { DevError } from '../dev/dev-error.js';
import type { Terminal } from '../dev/terminal.js';
import { Evaluated } from '../evaluated/evaluated.js';
import { orTold } from '../evaluated/told.js';
import { foldedAlike } from './alike.js';
import { draw, type Omission } from './draw.js';
import type { Drawing } from './drawing.js';
import { mermaid } from './mermaid.js';
import { svg } from './svg.js';

export const FORMATS = ['mermaid', 'svg', 'json'] as const;

export interface GraphOptions {
  readonly manifestsDirectory: string;
  readonly format: (typeof FORMATS)[number];
  /** File that is written; standard output if absent. */
  readonly output?: string;
  /** Name of the one workload whose connections are drawn, or its namespace and name. */
  readonly for?: string;
  readonly without: readonly Omission[];
}

/** Draws the manifests of a folder. @returns the exit code */
export function runGraph(options: GraphOptions, terminal: Terminal): Promise<number> {
  return orTold(terminal, async () => {
    const evaluated = await Evaluated.load(options.manifestsDirectory);
    const only = options.for === undefined ? undefined : workloadNamed(options.for, evaluated.platform.workloads);
    const text = await written(draw(evaluated, { only, without: new Set(options.without) }), options.format);
    if (options.output === undefined) terminal.out(text);
    else await writeFileOrTell(options.output, text);
    return 0;
  });
}

async function written(drawing: Drawing, format: GraphOptions['format']): Promise<string> {
  switch (format) {
    case 'mermaid':
      return mermaid(foldedAlike(drawing));
    case 'svg':
      return svg(foldedAlike(drawing));
    case 'json':
      return `${JSON.stringify(drawing, undefined, 2)}\n`;
  }
}

async function writeFileOrTell(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text);
  } catch (error) {
    throw new DevError(`${file} cannot be written: ${(error as Error).message}`);
  }
}

function workloadNamed(wanted: string, workloads: readonly Workload[]): Workload {
  const found = workloads.filter(({ namespace, name }) => wanted === name || wanted === `${namespace}/${name}`);
  const [workload] = found;
  if (workload !== undefined && found.length === 1) return workload;
  const names = (of: readonly Workload[]) => of.map(({ namespace, name }) => `${namespace}/${name}`).join(', ');
  throw new DevError(
    found.length > 1
      ? `--for ${wanted}: there are several; give one of ${names(found)}`
      : `--for ${wanted}: there is no such workload; there are ${names(workloads) || 'none'}`,
  );
}
