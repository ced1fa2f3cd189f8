import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { declaredNames, mentions, parsed } from './statements';

const FOLDER = path.join(__dirname, 'preambles');

/** What the examples of a document take for given: `preambles/<document>.ts`. */
export class Preamble {
  public static of(document: string): Preamble {
    const file = path.join(FOLDER, `${path.basename(document, '.md')}.ts`);
    return new Preamble(existsSync(file) ? readFileSync(file, 'utf8') : '');
  }

  private constructor(private readonly code: string) {}

  /** Its text for a module in another folder, without what declares one of the names or follows from them. */
  public textIn(folder: string, names: readonly string[]): string {
    const gone = new Set(names);
    const kept = parsed(this.code).statements.filter((statement) => {
      // All names of the library are there already.
      if (ts.isImportDeclaration(statement)) return !/'agentyard'/.test(statement.moduleSpecifier.getText());
      if (!mentions(statement, gone)) return true;
      for (const name of declaredNames(statement)) gone.add(name);
      return false;
    });
    const text = kept.map((statement) => `${statement.getText()}\n`).join('');
    return text.replaceAll(/ from '(\.[^']+)'/g, (_, to: string) => {
      return ` from '${path.relative(folder, path.join(FOLDER, to))}'`;
    });
  }
}
