import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem, type } from 'node:os';
import path from 'node:path';
import { format, resolveConfig } from 'prettier';

const RESULTS = path.join(__dirname, 'results');

/** Where and when something was measured. */
export interface Circumstances {
  readonly date: string;
  readonly machine: string;
  readonly node: string;
  readonly packages: Readonly<Record<string, string>>;
}

export function circumstances(packages: Readonly<Record<string, string>>): Circumstances {
  const memory = Math.round(totalmem() / 1024 ** 3);
  const machine = `${cpus()[0]?.model ?? 'unknown'}, ${availableParallelism()} cores, ${memory} GB, ${type()} ${release()}`;
  return { date: new Date().toISOString().slice(0, 10), machine, node: process.version, packages };
}

/** Writes what was measured as JSON, and what was printed as Markdown. */
export async function writeResult(
  name: string,
  title: string,
  data: object,
  printed: string,
  at: Circumstances,
): Promise<void> {
  mkdirSync(RESULTS, { recursive: true });
  const packages = Object.entries(at.packages).map(([each, version]) => `${each} ${version}`);
  const text = `# ${title}\n\n${[at.date, at.machine, `Node.js ${at.node}`, ...packages].join(', ')}\n\n${printed}\n`;
  await writeFormatted(path.join(RESULTS, `${name}.md`), text);
  await writeFormatted(path.join(RESULTS, `${name}.json`), JSON.stringify({ ...at, ...data }));
}

async function writeFormatted(file: string, text: string): Promise<void> {
  writeFileSync(file, await format(text, { ...(await resolveConfig(file)), filepath: file }));
}
