import { gatewayDocument } from 'agentyard/contract';
import { runRuntime } from '@agentyard/runtime-kit';

/** A runtime for runtime.test.ts: one request that ends with the shutdown, and one that never ends. */
await runRuntime('gateway', gatewayDocument, ({ health, log }) => ({
  routes: {
    '/never': { GET: () => void log.info({ event: 'waiting' }) },
    '/until-shutdown': {
      GET: (_request, response) => {
        log.info({ event: 'waiting' });
        health.onDrain(() => response.end('finished'));
      },
    },
  },
}));
