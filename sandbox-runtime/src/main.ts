import { fileURLToPath } from 'node:url';
import { runRuntime } from '@agentyard/runtime-kit';
import { toolsetDocument } from 'agentyard/contract';
import { startSandbox } from './index.js';

// Node opens its debugger to whoever sends this signal, and a tool may: from there it could run code in this process.
process.on('SIGUSR1', () => {});

const childProgram = fileURLToPath(new URL('./child.mjs', import.meta.url));

await runRuntime('sandbox', toolsetDocument, (context) => startSandbox(context, childProgram));
