import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { publishedSchemas } from '../lib/contract/json-schema';

// Writes the published JSON Schemas; with --check it only tells whether they are what the contract says.
const directory = path.join(__dirname, '../lib/contract/schemas');
const check = process.argv.includes('--check');
const stale: string[] = [];

mkdirSync(directory, { recursive: true });
for (const [file, schema] of Object.entries(publishedSchemas())) {
  const target = path.join(directory, file);
  const text = `${JSON.stringify(schema, null, 2)}\n`;
  if (!check) writeFileSync(target, text);
  else if (readIfThere(target) !== text) stale.push(file);
}
if (stale.length > 0) {
  process.stderr.write(`out of date: ${stale.join(', ')}; run npm run generate\n`);
  process.exit(1);
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
