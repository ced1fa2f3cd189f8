#!/usr/bin/env -S node --
// The `--` above keeps Node.js from taking `--env-file` for itself, which it does even behind the script's name.
import { fileURLToPath } from 'node:url';

const NEEDED_NODE = 24;

if (Number(process.versions.node.split('.')[0]) < NEEDED_NODE) {
  process.stderr.write(
    `error: Node.js ${NEEDED_NODE} or newer is needed, this is ${process.versions.node}; start through npx or an npm script, which bring their own\n`,
  );
  process.exit(1);
}

// Loaded here and not above: its modules need a newer Node than the one that is refused.
const { agentyardProgram } = await import('./program.js');
const runtimes = {
  gateway: fileURLToPath(import.meta.resolve('@agentyard/gateway-runtime/main')),
  agent: fileURLToPath(import.meta.resolve('@agentyard/agent-runtime/main')),
  sandbox: fileURLToPath(import.meta.resolve('@agentyard/sandbox-runtime/main')),
};
// The same path from src/ and from dist/.
const probe = fileURLToPath(new URL('../src/doctor/probe-program.mjs', import.meta.url));
await agentyardProgram(runtimes, probe).parseAsync();
