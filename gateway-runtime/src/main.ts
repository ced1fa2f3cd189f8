import { gatewayDocument } from 'agentyard/contract';
import { runRuntime } from '@agentyard/runtime-kit';
import { startGateway } from './gateway.js';

await runRuntime('gateway', gatewayDocument, (context) => startGateway(context));
