import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { ApiServer } from '../../runtime-kit/src';
import { cleanUp, onCleanUp, temporaryDirectory } from '../../runtime-kit/test/test-resources';
import { certificateFor } from '../../runtime-kit/test/test-certificate';
import { endless } from './endless';

afterEach(cleanUp);

/** What the trust job calls, where an API server answers so. */
async function apiServer(answer: (response: ServerResponse) => void): Promise<ApiServer> {
  const certificate = certificateFor('localhost');
  const server = createServer(certificate, (_, response) => answer(response)).listen(0, 'localhost');
  await once(server, 'listening');
  onCleanUp(() => void server.close().closeAllConnections());
  const directory = await temporaryDirectory();
  await writeFile(path.join(directory, 'ca.crt'), certificate.cert);
  await writeFile(path.join(directory, 'token'), 'token');
  const { port } = server.address() as AddressInfo;
  return ApiServer.ofPod({ KUBERNETES_SERVICE_HOST: 'localhost', KUBERNETES_SERVICE_PORT: String(port) }, directory);
}

it('an answer of the API server has an end', async () => {
  const api = await apiServer(endless);
  await expect(api.request({ method: 'GET', path: '/openid/v1/jwks' })).rejects.toThrow(
    'answers with over 8388608 bytes',
  );
});
