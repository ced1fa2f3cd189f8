import { readdirSync } from 'node:fs';
import path from 'node:path';
import { parseAllDocuments } from 'yaml';
import { silenceWarnings } from '../constructs/silence-warnings';
import { Example } from './example';
import { ExampleFolder } from './example-folder';

silenceWarnings();

/** Those with a test of their own. */
const ELSEWHERE = ['docs/testing.md'];
const documents = [
  'README.md',
  ...readdirSync(path.join(__dirname, '../../docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
].filter((document) => !ELSEWHERE.includes(document));
const examples = documents.flatMap((document) => Example.allOf(document));

describe('the TypeScript of the documents', () => {
  let folder: ExampleFolder;
  beforeAll(() => (folder = new ExampleFolder(examples)));
  afterAll(() => folder.remove());

  it.each(examples.map((example) => [example.name, example] as const))('%s has no fault of types', (_, example) => {
    expect(folder.typeFaults(example)).toEqual([]);
  });

  it.each(examples.map((example) => [example.name, example] as const))('%s synthesizes', (_, example) => {
    expect(() => folder.run(example).synthYaml()).not.toThrow();
  });

  it('makes, in the program of the README, the objects that its text tells of', () => {
    const [program] = Example.allOf('README.md');
    const documents = parseAllDocuments(folder.run(program!).synthYaml());
    const count = (kind: string) => documents.filter((document) => document.get('kind') === kind).length;
    // The StatefulSet is the egress proxy, which the agent's hosted model needs.
    expect(['Deployment', 'StatefulSet', 'NetworkPolicy', 'ServiceAccount', 'Service'].map(count)).toEqual([
      3, 1, 4, 4, 9,
    ]);
  });
});
