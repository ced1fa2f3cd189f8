// A workload of the cluster: does what it is told by JSON lines on standard input, and answers in JSON lines.
import http from 'node:http';
import net from 'node:net';
import { createInterface } from 'node:readline';
import { Duplex } from 'node:stream';
import { setTimeout } from 'node:timers';
import tls from 'node:tls';

const LIMIT_MS = 15_000;
const kept = new Map();
let watch;

/** Opens a tunnel and sets up TLS in it; with `hello`, sends that in place of TLS: a text, or bytes in base64. */
async function tunnel({ proxy, target, serverName = target.split(':')[0], waitMs = 0, hello, next, head = '', keep }) {
  const socket = net.connect(proxy.port, proxy.host);
  const failure = new Promise((resolve) => {
    socket.on('error', (error) => resolve({ error: error.code }));
    socket.on('close', () => resolve({ error: 'closed' }));
  });
  socket.write(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n${head}\r\n`);
  const answer = await Promise.race([new Promise((resolve) => socket.once('data', resolve)), failure]);
  if (answer.error) return answer;
  const status = Number(/^HTTP\/1\.\d (\d+)/.exec(answer.toString('latin1'))?.[1]);
  if (status !== 200) {
    socket.destroy();
    return { status };
  }
  await new Promise((resolve) => setTimeout(resolve, waitMs));
  if (hello !== undefined) {
    socket.write(await firstBytes(hello, serverName));
    if (next !== undefined) setTimeout(() => socket.write(next), 200);
    const got = await Promise.race([new Promise((resolve) => socket.once('data', resolve)), failure]);
    socket.destroy();
    return { status, ...(got.error ? got : { got: got.toString('latin1') }) };
  }
  return { status, ...(await secure(socket, serverName, keep)) };
}

function firstBytes(hello, serverName) {
  if (hello === 'tls') return clientHello(serverName);
  return hello.base64 === undefined ? hello : Buffer.from(hello.base64, 'base64');
}

/** The first bytes that a TLS client sends. */
function clientHello(servername) {
  return new Promise((resolve) => {
    const socket = new Duplex({ read() {}, write: (bytes, _, done) => (resolve(bytes), done()) });
    tls.connect({ socket, servername }).on('error', () => {});
  });
}

function secure(socket, serverName, keep) {
  return new Promise((resolve) => {
    let subject;
    const secured = tls.connect({ socket, servername: serverName, rejectUnauthorized: false }, () => {
      subject = secured.getPeerCertificate().subject?.CN;
    });
    secured.on('error', () => {});
    secured.once('close', () => resolve({ error: 'closed', subject }));
    secured.once('data', (data) => {
      resolve({ subject, ...JSON.parse(data.toString()) });
      if (keep === undefined) secured.destroy();
      else kept.set(keep, secured);
    });
  });
}

/** Whether a kept tunnel still carries bytes both ways. */
function isOpen({ keep }) {
  const secured = kept.get(keep);
  if (secured.destroyed) return { open: false };
  return new Promise((resolve) => {
    secured.once('close', () => resolve({ open: false }));
    secured.once('data', () => resolve({ open: true }));
    secured.write('echo');
  });
}

function request({ proxy, method = 'GET', target, headers = {} }) {
  return new Promise((resolve) => {
    const sent = http.request({ ...proxy, method, path: target, headers, agent: false }, (answer) => {
      let body = '';
      answer.setEncoding('utf8').on('data', (text) => (body += text));
      answer.on('end', () => resolve({ status: answer.statusCode, headers: answer.headers, body }));
    });
    sent.on('error', (error) => resolve({ error: error.code }));
    sent.end();
  });
}

function connect({ host, port, waitMs = 1_000 }) {
  return new Promise((resolve) => {
    const socket = net.connect(port, host, () => resolve({ connected: true }));
    socket.setTimeout(waitMs, () => resolve({ connected: false }));
    socket.on('error', () => resolve({ connected: false }));
    socket.on('connect', () => socket.destroy()).on('timeout', () => socket.destroy());
  });
}

/** Asks proxies for their readiness again and again, and counts what it sees. */
function watchReadiness({ hosts }) {
  const seen = { looks: 0, notReady: hosts.map(() => 0), allAtOnce: 0 };
  const ready = async (host) => {
    const answer = await request({ proxy: { host, port: 8080 }, target: '/readyz' });
    return answer.status === 200;
  };
  const look = async () => {
    const states = await Promise.all(hosts.map(ready));
    seen.looks += 1;
    states.forEach((state, i) => (seen.notReady[i] += state ? 0 : 1));
    if (!states.includes(true)) seen.allAtOnce += 1;
    if (watch === seen) setTimeout(look, 20);
  };
  watch = seen;
  void look();
  return {};
}

function readinessSeen() {
  return watch;
}

const ORDERS = {
  tunnel,
  close: ({ keep }) => (kept.get(keep).destroy(), {}),
  isOpen,
  request,
  connect,
  watchReadiness,
  readinessSeen,
};

for await (const line of createInterface({ input: process.stdin })) {
  const { id, order, ...input } = JSON.parse(line);
  const late = new Promise((resolve) => setTimeout(() => resolve({ error: 'no end' }), LIMIT_MS).unref());
  void Promise.race([ORDERS[order](input), late]).then((answer) =>
    process.stdout.write(`${JSON.stringify({ id, ...answer })}\n`),
  );
}
