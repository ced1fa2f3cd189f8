import { readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import * as agentyard from 'agentyard';
import { Preamble } from './preamble';
import { declaredNames, parsed } from './statements';

const ROOT = path.join(__dirname, '../..');
const EVERY_NAME = `import { ${Object.keys(agentyard).join(', ')} } from 'agentyard';\n`;

/** A block of TypeScript in a document. */
export class Example {
  /** All of a document, in their order. */
  public static allOf(document: string): Example[] {
    const text = readFileSync(path.join(ROOT, document), 'utf8');
    return [...text.matchAll(/^```ts\n([^]*?)^```$/gm)].map(
      ({ 1: code = '', index }) => new Example(document, text.slice(0, index).split('\n').length + 1, code),
    );
  }

  private constructor(
    private readonly document: string,
    private readonly line: number,
    private readonly code: string,
  ) {}

  /** Where it stands: `docs/identity.md:11`. */
  public get name(): string {
    return `${this.document}:${this.line}`;
  }

  /** Name of the file that it becomes. */
  public get file(): string {
    return `${path.basename(this.document, '.md')}-${this.line}.ts`;
  }

  /** The module that it becomes, which exports its app. */
  public moduleIn(folder: string): string {
    return `${this.head(folder)}${this.code}export default app;\n`;
  }

  /** The place in the document for a line of the module, counted from 0. */
  public placeOf(line: number, folder: string): string {
    const inCode = line - (this.head(folder).split('\n').length - 1);
    return inCode < 0 ? `preamble of ${this.name}` : `${this.document}:${this.line + inCode}`;
  }

  /** What imports by itself is a whole program; anything else takes the names of the library and its preamble for given. */
  private head(folder: string): string {
    const { statements } = parsed(this.code);
    if (statements.some((statement) => ts.isImportDeclaration(statement))) return '';
    return EVERY_NAME + Preamble.of(this.document).textIn(folder, statements.flatMap(declaredNames));
  }
}
