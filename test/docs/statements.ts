import ts from 'typescript';

/** TypeScript as its statements. */
export function parsed(code: string): ts.SourceFile {
  return ts.createSourceFile('code.ts', code, ts.ScriptTarget.ES2023, true);
}

/** Names of the constants and variables that a statement declares. */
export function declaredNames(statement: ts.Statement): string[] {
  if (!ts.isVariableStatement(statement)) return [];
  return statement.declarationList.declarations.flatMap(({ name }) => namesOf(name));
}

/** Whether a statement mentions one of these names. */
export function mentions(statement: ts.Statement, names: ReadonlySet<string>): boolean {
  const found = (node: ts.Node): boolean =>
    (ts.isIdentifier(node) && names.has(node.text)) || (ts.forEachChild(node, found) ?? false);
  return found(statement);
}

function namesOf(name: ts.BindingName): string[] {
  if (ts.isIdentifier(name)) return [name.text];
  return name.elements.flatMap((element) => (ts.isOmittedExpression(element) ? [] : namesOf(element.name)));
}
