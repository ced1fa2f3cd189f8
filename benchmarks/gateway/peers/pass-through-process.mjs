// A bare pass-through: node:http before undici, the client that gateways of Node.js have, and nothing in between.
import { createServer } from 'node:http';
import { Agent } from 'undici';

/** Headers of one connection (RFC 9110, 7.6.1): each side sets its own. */
const HOP_BY_HOP = ['connection', 'keep-alive', 'transfer-encoding'];

const { port } = JSON.parse(process.argv[2]);
const origin = `http://127.0.0.1:${port}`;
const agent = new Agent({ headersTimeout: 0, bodyTimeout: 0 });

const server = createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    const { method, url: path } = request;
    const body = chunks.length === 0 ? null : Buffer.concat(chunks);
    agent.dispatch({ origin, path, method, headers: withoutHop(request.headers), body }, passOn(response));
  });
});
server.keepAliveTimeout = 3_600_000;
server.listen(0, '127.0.0.1', () => {
  const own = server.address().port;
  process.send({ ready: { JSON: own, SSE: own } });
});

/** Passes an answer on as it comes, as fast as the client takes it. */
function passOn(response) {
  return {
    onRequestStart(controller) {
      response.once('close', () => response.writableFinished || controller.abort(new Error('the client left')));
    },
    onResponseStart(_controller, status, headers) {
      response.writeHead(status, withoutHop(headers));
    },
    onResponseData(controller, chunk) {
      if (response.write(chunk)) return;
      controller.pause();
      response.once('drain', () => controller.resume());
    },
    onResponseEnd() {
      response.end();
    },
    onResponseError() {
      response.destroy();
    },
  };
}

function withoutHop(headers) {
  const kept = { ...headers };
  for (const name of HOP_BY_HOP) delete kept[name];
  return kept;
}
