import { readFileSync } from 'node:fs';
import path from 'node:path';

/** A reviewed document of the contract, as synthesis writes it for apps/fabric.ts; the runtimes start from the same. */
export function goldenDocument(name: string): Record<string, unknown> {
  return JSON.parse(readFileSync(path.join(__dirname, 'golden', `${name}.json`), 'utf8')) as Record<string, unknown>;
}
