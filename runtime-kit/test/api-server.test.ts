import type { IncomingMessage, RequestListener } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { ApiServer, ApiServerError } from '../src';
import { certificateFor } from './test-certificate';
import { cleanUp, onCleanUp, temporaryDirectory } from './fixture';

afterEach(cleanUp);

const status = (code: number, reason: string, message: string) => ({ kind: 'Status', code, reason, message });

/** An API server, and a pod that calls it. */
async function stage(listener: RequestListener, { authority = undefined as string | undefined } = {}) {
  const certificate = certificateFor('localhost');
  const server = createServer(certificate, listener);
  await new Promise<void>((resolve) => server.listen(0, 'localhost', () => resolve()));
  onCleanUp(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(() => resolve()));
  });
  const directory = await temporaryDirectory();
  await writeFile(path.join(directory, 'ca.crt'), authority ?? certificate.cert);
  await writeFile(path.join(directory, 'token'), 'first\n');
  const environment = {
    KUBERNETES_SERVICE_HOST: 'localhost',
    KUBERNETES_SERVICE_PORT: String((server.address() as AddressInfo).port),
    HTTPS_PROXY: 'http://127.0.0.1:9',
  };
  const api = ApiServer.ofPod(environment, directory);
  onCleanUp(() => api.close());
  return { api, directory, environment };
}

async function refusalOf(asking: Promise<unknown>): Promise<ApiServerError> {
  const error: unknown = await asking.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ApiServerError);
  return error as ApiServerError;
}

describe('the API server, as a pod reaches it', () => {
  it('is asked directly, with the token that is mounted at that time', async () => {
    const seen: IncomingMessage['headers'][] = [];
    const { api, directory } = await stage((request, response) => {
      seen.push(request.headers);
      response.end(JSON.stringify({ url: request.url }));
    });
    expect(await api.request({ method: 'GET', path: '/openid/v1/jwks?x=1' })).toEqual({ url: '/openid/v1/jwks?x=1' });
    await writeFile(path.join(directory, 'token'), 'second');
    await api.request({ method: 'GET', path: '/' });
    expect(seen.map(({ authorization }) => authorization)).toEqual(['Bearer first', 'Bearer second']);
  });

  it('is sent JSON, of the type that a patch has', async () => {
    const { api } = await stage((request, response) => {
      const { method, headers } = request;
      void text(request).then((body) => response.end(JSON.stringify({ method, type: headers['content-type'], body })));
    });
    const contentType = 'application/merge-patch+json';
    expect(await api.request({ method: 'PATCH', path: '/', body: { data: {} }, contentType })).toEqual({
      method: 'PATCH',
      type: contentType,
      body: '{"data":{}}',
    });
  });

  it('says itself why it refuses', async () => {
    const { api } = await stage((_request, response) => {
      response.statusCode = 409;
      response.end(JSON.stringify(status(409, 'Conflict', `changed ${'x'.repeat(10_000)}`)));
    });
    const refusal = await refusalOf(api.request({ method: 'GET', path: '/' }));
    expect(refusal).toMatchObject({ status: 409, reason: 'Conflict' });
    expect(refusal.message).toMatch(/^the API server answers with 409: changed x{100}/);
    expect(refusal.message.length).toBeLessThan(600);
  });

  it.each([
    ['something else than JSON', 200, '<html>'],
    ['an error without words', 502, 'Bad Gateway'],
    ['a redirect, which is not followed', 302, '{}'],
  ])('may answer with %s', async (_, code, body) => {
    const { api } = await stage((_request, response) => {
      response.writeHead(code, { location: 'https://elsewhere.example.com' });
      response.end(body);
    });
    const refusal = await refusalOf(api.request({ method: 'GET', path: '/' }));
    expect(refusal).toMatchObject({ status: code, reason: '', message: `the API server answers with ${code}` });
  });

  it('is none that another authority vouches for', async () => {
    const asked: string[] = [];
    const authority = certificateFor('localhost').cert;
    const { api } = await stage((request) => void asked.push(request.url ?? ''), { authority });
    const refusal = await refusalOf(api.request({ method: 'GET', path: '/' }));
    expect(refusal.message).toMatch(/^the API server at https:\/\/localhost:\d+ does not answer: [A-Z_]+$/);
    expect([refusal.status, asked]).toEqual([undefined, []]);
  });

  it('may not be there', async () => {
    const { api } = await stage((request) => void request.socket.destroy());
    expect((await refusalOf(api.request({ method: 'GET', path: '/' }))).message).toContain('does not answer: ');
  });

  it('is not known outside of a pod, or without what the kubelet mounts', async () => {
    const { api, directory, environment } = await stage(() => undefined);
    expect(() => ApiServer.ofPod({}, directory)).toThrow(
      'KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set; this runs in a pod of a cluster',
    );
    await rm(path.join(directory, 'token'));
    await expect(api.request({ method: 'GET', path: '/' })).rejects.toThrow('token cannot be read: ENOENT');
    await rm(path.join(directory, 'ca.crt'));
    expect(() => ApiServer.ofPod(environment, directory)).toThrow('ca.crt cannot be read: ENOENT');
  });
});
