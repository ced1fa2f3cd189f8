/**
 * Measures synthesis: this library's App beside cdk8s's, and beside js-yaml that only writes the text of the same
 * objects. Prints a table and what it says about the limits that we set ourselves, and writes both to results/.
 */
import { createRequire } from 'node:module';
import { MeasuredScript } from './measured-script';
import { circumstances, writeResult } from './result-file';
import { summarize, type Summary } from './samples';
import type { ProgramSize, Shape } from './synth-program';
import type { Subject, SynthRun, SynthSample } from './synth-run';
import { renderTable, type Column } from './table';

const RUNS = 5;
/** Programs of this size and more are run less often. */
const LARGE = 10_000;
const RUNS_OF_LARGE = 3;
const LIMIT_MS = 60_000;
const SHAPES: readonly Shape[] = ['one chart', 'chart per agent', 'layers'];
/** 500 agents are the 3,000 objects on which cdk8s is compared. */
const COMPARED = 500;
const SIZES = [1000, 10_000];

const MOST_TIMES_JS_YAML = 2;
const MOST_GROWTH = 1.15;
const LEAST_TIMES_FASTER = 8;

/** What was found of one program. Absent is what was not done in time. */
interface Row extends ProgramSize {
  readonly objects: number;
  readonly ours: Measured;
  readonly jsYaml: Measured;
  readonly files: Measured;
  readonly cdk8s?: Measured;
}

interface Measured {
  readonly milliseconds: Summary;
  readonly cpuMilliseconds: Summary;
  readonly peakMegabytes: number;
}

type Asked = Omit<SynthRun, 'outdir'>;

/** Programs on which cdk8s was too slow already; a larger one is not tried. */
const tooSlow = new Set<Shape>();

async function main(): Promise<void> {
  const script = new MeasuredScript('synth-run.ts', [
    'cdk8s',
    'cdk8s-plus-29',
    'constructs',
    'esbuild-wasm',
    'js-yaml',
  ]);
  try {
    const rows = programs().map((program) => measureRow(script, program));
    const table = renderTable(COLUMNS, rows.map(cells));
    const verdicts = [...dumpVerdicts(rows), ...growthVerdicts(rows), comparedVerdict(rows)];
    const printed = `${table}\n\n${NOTE}\n\n${verdicts.map((verdict) => `- ${verdict}`).join('\n')}`;
    process.stdout.write(`\n${printed}\n`);
    const at = circumstances(versionsOf(['cdk8s', 'constructs', 'js-yaml']));
    await writeResult('synth', 'Synthesis', { rows, verdicts }, printed, at);
  } finally {
    script.remove();
  }
}

function programs(): ProgramSize[] {
  const sized = (['objects', 'Agent'] as const).flatMap((content) =>
    SHAPES.flatMap((shape) => SIZES.map((agents) => ({ content, shape, agents }))),
  );
  return [{ content: 'objects', shape: 'chart per agent', agents: COMPARED }, ...sized];
}

function measureRow(script: MeasuredScript, program: ProgramSize): Row {
  process.stderr.write(`${program.agents} x ${program.content}, ${program.shape}\n`);
  const sample = (subject: Subject): SynthSample => {
    const found = script.run<SynthSample>({ ...program, subject } satisfies Asked, 10 * LIMIT_MS);
    if (found === undefined) throw new Error(`${subject} was not done in ${(10 * LIMIT_MS) / 1000} s`);
    return found;
  };
  const runs = program.agents < LARGE ? RUNS : RUNS_OF_LARGE;
  // By turns, so that what else the machine does falls on both.
  const turns = Array.from({ length: runs }, () => ({ ours: sample('agentyard'), jsYaml: sample('js-yaml') }));
  return {
    ...program,
    objects: turns[0]!.ours.objects,
    ours: measured(turns.map(({ ours }) => ours)),
    jsYaml: measured(turns.map(({ jsYaml }) => jsYaml)),
    files: measured([sample('files')]),
    cdk8s: measureStock(script, program),
  };
}

/** One run, since it takes long. */
function measureStock(script: MeasuredScript, program: ProgramSize): Measured | undefined {
  if (tooSlow.has(program.shape)) return undefined;
  const found = script.run<SynthSample>({ ...program, subject: 'cdk8s' } satisfies Asked, LIMIT_MS);
  if (found !== undefined) return measured([found]);
  tooSlow.add(program.shape);
  return undefined;
}

function measured(samples: readonly SynthSample[]): Measured {
  return {
    milliseconds: summarize(samples.map(({ milliseconds }) => milliseconds)),
    cpuMilliseconds: summarize(samples.map(({ cpuMilliseconds }) => cpuMilliseconds)),
    peakMegabytes: Math.max(...samples.map(({ peakMegabytes }) => peakMegabytes)),
  };
}

const COLUMNS: readonly Column[] = [
  { title: 'agents', isNumber: true },
  { title: 'made of' },
  { title: 'shape' },
  { title: 'objects', isNumber: true },
  { title: 'ours ms', isNumber: true },
  { title: 'median', isNumber: true },
  { title: 'us/object', isNumber: true },
  { title: 'files ms', isNumber: true },
  { title: 'js-yaml ms', isNumber: true },
  { title: 'median', isNumber: true },
  { title: 'ours/js-yaml', isNumber: true },
  { title: 'cdk8s ms', isNumber: true },
  { title: 'cdk8s/ours', isNumber: true },
  { title: 'ours MB', isNumber: true },
  { title: 'js-yaml MB', isNumber: true },
  { title: 'cdk8s MB', isNumber: true },
];

const NOTE = [
  'ours and cdk8s: from `new App` to files on disk; files: the part of it that only writes them, measured alone.',
  'js-yaml: `dump` of each of the same objects, rendered before; it writes no files.',
  `Each run in a process of its own: the least of ${RUNS} runs, of ${RUNS_OF_LARGE} from ${LARGE} agents on, and their median;`,
  'files and cdk8s once. MB at the peak.',
].join('\n');

function cells({ agents, content, shape, objects, ours, jsYaml, files, cdk8s }: Row): string[] {
  const { min } = ours.milliseconds;
  return [
    String(agents),
    content,
    shape,
    String(objects),
    min.toFixed(0),
    ours.milliseconds.median.toFixed(0),
    ((min / objects) * 1000).toFixed(1),
    files.milliseconds.min.toFixed(0),
    jsYaml.milliseconds.min.toFixed(0),
    jsYaml.milliseconds.median.toFixed(0),
    (min / jsYaml.milliseconds.min).toFixed(2),
    cdk8s?.milliseconds.min.toFixed(0) ?? `> ${LIMIT_MS}`,
    cdk8s === undefined ? `> ${(LIMIT_MS / min).toFixed(0)}` : (cdk8s.milliseconds.min / min).toFixed(1),
    String(ours.peakMegabytes),
    String(jsYaml.peakMegabytes),
    cdk8s === undefined ? '' : String(cdk8s.peakMegabytes),
  ];
}

function dumpVerdicts(rows: readonly Row[]): string[] {
  return (['objects', 'Agent'] as const).map((content) => {
    const ratios = rows.filter((row) => row.content === content && row.agents !== COMPARED).map(timesJsYaml);
    const worst = Math.max(...ratios);
    return verdict(
      worst <= MOST_TIMES_JS_YAML,
      `${content}: at most ${worst.toFixed(2)} times js-yaml's time, limit ${MOST_TIMES_JS_YAML}`,
    );
  });
}

function growthVerdicts(rows: readonly Row[]): string[] {
  return (['objects', 'Agent'] as const).flatMap((content) =>
    SHAPES.map((shape) => {
      const [small, large] = SIZES.map((agents) => {
        const row = rows.find((each) => each.content === content && each.shape === shape && each.agents === agents)!;
        return row.ours.milliseconds.min / row.objects;
      });
      const growth = large! / small!;
      const text = `${content}, ${shape}: an object costs ${growth.toFixed(2)} times as much among ten times as many`;
      return verdict(growth <= MOST_GROWTH, `${text}, limit ${MOST_GROWTH}`);
    }),
  );
}

function comparedVerdict(rows: readonly Row[]): string {
  const { ours, cdk8s, objects } = rows.find(({ agents }) => agents === COMPARED)!;
  const times = (cdk8s?.milliseconds.min ?? LIMIT_MS) / ours.milliseconds.min;
  const text = `${objects} objects in a chart per agent: ${times.toFixed(1)} times as fast as cdk8s`;
  return verdict(times >= LEAST_TIMES_FASTER, `${text}, limit ${LEAST_TIMES_FASTER}`);
}

const timesJsYaml = ({ ours, jsYaml }: Row): number => ours.milliseconds.min / jsYaml.milliseconds.min;

const verdict = (isReached: boolean, text: string): string => `${isReached ? 'reached' : 'NOT reached'}: ${text}`;

function versionsOf(names: readonly string[]): Record<string, string> {
  const load = createRequire(__filename);
  return Object.fromEntries(names.map((name) => [name, (load(`${name}/package.json`) as { version: string }).version]));
}

void main();
