#!/usr/bin/env -S node --
// The command as npm links it: the bundle is built after the link is made.
import { existsSync } from 'node:fs';

const bundle = new URL('../dist/main.mjs', import.meta.url);

if (existsSync(bundle)) {
  await import(bundle.href);
} else {
  console.error('The command is not built yet: run npm run build, or npm start.');
  process.exitCode = 1;
}
