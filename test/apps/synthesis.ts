import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as agentyard from 'agentyard';
import * as cdk8s from 'cdk8s';

/** Tools by their directory, bundled once for all programs of a test file, since they are the same each time. */
const bundles = new Map<string, agentyard.ToolSource>();

/** The manifests that a program writes, by file, under some environment. @param file the program's absolute path */
export function synthesis(file: string, environment: Readonly<Record<string, string>> = {}): Record<string, string> {
  const outdir = mkdtempSync(path.join(tmpdir(), 'synthesis-'));
  const before = { ...process.env };
  try {
    Object.assign(process.env, { CDK8S_OUTDIR: outdir, ...environment });
    run(file);
    return Object.fromEntries(readdirSync(outdir).map((name) => [name, readFileSync(path.join(outdir, name), 'utf8')]));
  } finally {
    process.env = before;
    rmSync(outdir, { recursive: true, force: true });
  }
}

/** Runs the program anew, with the library as it is loaded. */
function run(file: string): void {
  const bundle = agentyard.ToolSource.fromDirectory.bind(agentyard.ToolSource);
  const spy = jest.spyOn(agentyard.ToolSource, 'fromDirectory');
  spy.mockImplementation((directory) => {
    const source = bundles.get(directory) ?? bundle(directory);
    bundles.set(directory, source);
    return source;
  });
  try {
    jest.isolateModules(() => {
      jest.doMock('agentyard', () => agentyard);
      jest.doMock('cdk8s', () => cdk8s);
      jest.requireActual(file);
    });
  } finally {
    spy.mockRestore();
  }
}
