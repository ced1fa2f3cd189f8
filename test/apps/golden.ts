import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const UPDATE = process.env.UPDATE_GOLDEN === '1';

/** Compares with the golden file, which a person has reviewed; UPDATE_GOLDEN=1 writes it for the next review. */
export function expectGolden(file: string, text: string): void {
  if (UPDATE) writeFileSync(file, text);
  expect(existsSync(file) ? readFileSync(file, 'utf8') : undefined).toBe(text);
}

/** Compares all files with those of a golden folder. */
export function expectGoldenFolder(folder: string, files: Readonly<Record<string, string>>): void {
  if (UPDATE) mkdirSync(folder, { recursive: true });
  for (const [file, text] of Object.entries(files)) expectGolden(path.join(folder, file), text);
  expect(readdirSync(folder).sort()).toEqual(Object.keys(files).sort());
}
