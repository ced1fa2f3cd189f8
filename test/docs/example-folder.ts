import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { App } from 'cdk8s';
import ts from 'typescript';
import type { Example } from './example';

const ROOT = path.join(__dirname, '../..');

/** Examples as modules in a folder of their own, which the compiler and Node.js take like any others. */
export class ExampleFolder {
  private readonly path: string;
  private program: ts.Program | undefined;

  public constructor(private readonly examples: readonly Example[]) {
    mkdirSync(path.join(ROOT, '.agentyard'), { recursive: true });
    this.path = mkdtempSync(path.join(ROOT, '.agentyard/examples-'));
    cpSync(path.join(ROOT, 'examples/log-analysis/tools'), path.join(this.path, 'tools/log-analysis'), {
      recursive: true,
    });
    for (const example of examples) writeFileSync(this.fileOf(example), example.moduleIn(this.path));
  }

  /** What the type checker finds in an example. The first call reads all of them, and the library, once. */
  public typeFaults(example: Example): string[] {
    this.program ??= ts.createProgram(
      this.examples.map((one) => this.fileOf(one)),
      compilerOptions(),
    );
    const file = this.program.getSourceFile(this.fileOf(example));
    const faults = [...this.program.getSyntacticDiagnostics(file), ...this.program.getSemanticDiagnostics(file)];
    return faults.map(({ file, start = 0, messageText }) => {
      const { line } = file?.getLineAndCharacterOfPosition(start) ?? { line: 0 };
      return `${example.placeOf(line, this.path)} ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
    });
  }

  /** Runs an example. @returns the app that it made or added to, as it is before synthesis */
  public run(example: Example): App {
    const { CDK8S_OUTDIR } = process.env;
    process.env.CDK8S_OUTDIR = path.join(this.path, 'dist');
    try {
      // eslint-disable-next-line @typescript-eslint/no-require-imports
      return (require(this.fileOf(example)) as { default: App }).default;
    } finally {
      if (CDK8S_OUTDIR === undefined) delete process.env.CDK8S_OUTDIR;
      else process.env.CDK8S_OUTDIR = CDK8S_OUTDIR;
    }
  }

  public remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }

  private fileOf(example: Example): string {
    return path.join(this.path, example.file);
  }
}

/** Those of the repository; a prop that is shown without its construct would be a label, and is refused. */
function compilerOptions(): ts.CompilerOptions {
  const file = path.join(ROOT, 'tsconfig.json');
  const { compilerOptions } = ts.readConfigFile(file, (name) => ts.sys.readFile(name)).config as Record<string, object>;
  const config = { compilerOptions: { ...compilerOptions, allowUnusedLabels: false }, files: [] };
  return ts.parseJsonConfigFileContent(config, ts.sys, ROOT, undefined, file).options;
}
