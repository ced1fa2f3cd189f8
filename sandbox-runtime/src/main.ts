import { fileURLToPath } from 'node:url';
import { runRuntime } from '@agentyard/runtime-kit';
import { toolsetDocument } from 'agentyard/contract';
import { startSandbox } from './index.js';

const childProgram = fileURLToPath(new URL('./child.mjs', import.meta.url));

await runRuntime('sandbox', toolsetDocument, (context) => startSandbox(context, childProgram));
