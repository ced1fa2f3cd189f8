import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ApiObject, App as StockApp, Chart, type AppProps } from 'cdk8s';
import type { Construct } from 'constructs';
import { App } from 'agentyard';

/** What a program of cdk8s builds in its App. */
export type Program = (app: StockApp) => void;

/** Files by name, with their text, that a program leaves under an App. */
export function written(Type: typeof StockApp, program: Program, props: AppProps = {}): Record<string, string> {
  const outdir = mkdtempSync(path.join(tmpdir(), 'app-'));
  try {
    const app = new Type({ outdir, ...props });
    program(app);
    app.synth();
    const files = readdirSync(outdir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const names = files.map((entry) => path.relative(outdir, path.join(entry.parentPath, entry.name))).sort();
    return Object.fromEntries(names.map((name) => [name, readFileSync(path.join(outdir, name), 'utf8')]));
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

/** The files of a program, after a look at whether cdk8s's App writes the same, byte for byte. */
export function expectAsStock(program: Program, props: AppProps = {}): Record<string, string> {
  const ours = written(App, program, props);
  expect(ours).toEqual(written(StockApp, program, props));
  return ours;
}

/** What a program fails with, after a look at whether it fails so under cdk8s's App too. */
export function failureAsStock(program: Program): string {
  const [ours, stock] = [App, StockApp].map((Type) => messageOf(() => written(Type, program)));
  expect(ours).toBe(stock);
  return ours!;
}

export function messageOf(run: () => void): string {
  try {
    run();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('nothing was thrown');
}

export function configMap(scope: Construct, id: string, rest: Record<string, unknown> = {}): ApiObject {
  return new ApiObject(scope, id, { apiVersion: 'v1', kind: 'ConfigMap', ...rest });
}

/** Charts in and beside charts; what comes first is declared last. */
export function twoChartsAndOneWithin(app: StockApp): void {
  const front = new Chart(app, 'front', { namespace: 'web', labels: { team: 'a' } });
  const back = new Chart(app, 'back', { disableResourceNameHashes: true });
  configMap(new Chart(front, 'within'), 'inner');
  new Chart(app, 'empty');
  const page = configMap(front, 'page', { metadata: { name: 'page' }, data: { b: '1', a: '2' } });
  page.addDependency(configMap(back, 'store'));
}
