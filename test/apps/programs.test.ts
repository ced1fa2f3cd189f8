import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { silenceWarnings } from '../constructs/silence-warnings';
import { expectGoldenFolder } from './golden';
import { synthesis } from './synthesis';

const PROGRAMS = path.join(__dirname, 'programs');

/** Names of the files that make an App; the others are parts of programs. */
const names = readdirSync(PROGRAMS)
  .filter((file) => /\bnew App\(/.test(readFileSync(path.join(PROGRAMS, file), 'utf8')))
  .map((file) => path.parse(file).name);

silenceWarnings();

it.each(names)('%s synthesizes the reviewed manifests', (name) => {
  expectGoldenFolder(path.join(__dirname, 'golden', name), synthesis(path.join(PROGRAMS, `${name}.ts`)));
});
