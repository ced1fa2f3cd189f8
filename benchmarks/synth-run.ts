/** One measurement of synthesis, in a process of its own: reads what to do from its argument, prints what it found. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { ApiObject, App as StockApp } from 'cdk8s';
import { App } from 'agentyard';
import { buildProgram, type ProgramSize } from './synth-program';

/**
 * What is measured: synthesis by this library or by cdk8s; the mere text of the same objects by js-yaml; or the mere
 * writing of the same files.
 */
export type Subject = 'agentyard' | 'cdk8s' | 'js-yaml' | 'files';

export interface SynthRun extends ProgramSize {
  readonly subject: Subject;
  /** An empty folder for its files. */
  readonly outdir: string;
}

export interface SynthSample {
  readonly objects: number;
  readonly milliseconds: number;
  /** Of the main thread's processor; what else the machine does disturbs it less. */
  readonly cpuMilliseconds: number;
  readonly peakMegabytes: number;
}

type Found = Omit<SynthSample, 'peakMegabytes'>;

const MEASURES: Readonly<Record<Subject, (run: SynthRun) => Found>> = {
  agentyard: (run) => synthesize(App, run),
  cdk8s: (run) => synthesize(StockApp, run),
  'js-yaml': dump,
  files: writeAgain,
};

function main(): void {
  const run = JSON.parse(process.argv[2]!) as SynthRun;
  const found = MEASURES[run.subject](run);
  const peakMegabytes = Math.round(process.resourceUsage().maxRSS / 1024);
  process.stdout.write(JSON.stringify({ ...found, peakMegabytes } satisfies SynthSample));
}

/** From `new App` to files on disk. */
function synthesize(Type: typeof StockApp, run: SynthRun): Found {
  const elapsed = stopwatch();
  const app = new Type({ outdir: run.outdir });
  buildProgram(app, run);
  app.synth();
  return { ...elapsed(), objects: objectsOf(app).length };
}

/** The plain objects of the same program, which were there before. */
function dump(run: SynthRun): Found {
  const jsYaml = createRequire(__filename)('js-yaml') as { dump(value: unknown): string };
  const manifests = renderedObjects(run);
  globalThis.gc?.();
  const elapsed = stopwatch();
  for (const manifest of manifests) jsYaml.dump(manifest);
  return { ...elapsed(), objects: manifests.length };
}

/** The files that synthesis left, under other names. */
function writeAgain(run: SynthRun): Found {
  const { outdir } = run;
  const { objects } = synthesize(App, run);
  const texts = readdirSync(outdir).map((name) => readFileSync(path.join(outdir, name)));
  const elapsed = stopwatch();
  texts.forEach((text, number) => writeFileSync(path.join(outdir, `again-${number}.yaml`), text));
  return { ...elapsed(), objects };
}

function stopwatch() {
  const start = performance.now();
  const cpu = process.threadCpuUsage();
  return () => {
    const { user, system } = process.threadCpuUsage(cpu);
    return { milliseconds: performance.now() - start, cpuMilliseconds: (user + system) / 1000 };
  };
}

function renderedObjects(run: SynthRun): unknown[] {
  const app = new App({ outdir: run.outdir });
  buildProgram(app, run);
  return objectsOf(app).map((object) => object.toJson() as unknown);
}

function objectsOf(app: StockApp): ApiObject[] {
  return app.node.findAll().filter((construct) => ApiObject.isApiObject(construct));
}

main();
