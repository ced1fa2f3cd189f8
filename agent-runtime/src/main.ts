import { runRuntime } from '@agentyard/runtime-kit';
import { agentDocument } from 'agentyard/contract';
import { startAgent } from './start-agent.js';

await runRuntime('agent', agentDocument, startAgent);
