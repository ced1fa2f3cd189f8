// Makes connections as many workloads would: does what it is told by JSON lines on standard input, a list of attempts
// each, and answers with the list of their outcomes.
import http from 'node:http';
import net from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers';
import tls from 'node:tls';

const AT_ONCE = 48;
const LIMIT_MS = 30_000;

/** TLS to a server, through a tunnel of a proxy if there is one. */
async function speakTls({ proxy, address, host, port, serverName }) {
  const socket = proxy ? net.connect(proxy.port, proxy.host) : net.connect(port, address);
  const failure = new Promise((resolve) => {
    socket.on('error', (error) => resolve({ error: error.code }));
    socket.on('close', () => resolve({ error: 'closed' }));
  });
  if (!proxy) return secure(socket, serverName, failure);
  const target = `${net.isIPv6(host) ? `[${host}]` : host}:${port}`;
  socket.write(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n\r\n`);
  const answer = await Promise.race([new Promise((resolve) => socket.once('data', resolve)), failure]);
  if (answer.error) return answer;
  const status = Number(/^HTTP\/1\.\d (\d+)/.exec(answer.toString('latin1'))?.[1]);
  if (status === 200) return { status, ...(await secure(socket, serverName, failure)) };
  socket.destroy();
  return { status };
}

async function secure(socket, servername, failure) {
  const secured = tls.connect({ socket, servername, rejectUnauthorized: false });
  secured.on('error', () => {});
  const told = new Promise((resolve) => {
    secured.once('data', (data) => resolve(JSON.parse(data.toString())));
    secured.once('close', () => resolve({ error: 'closed' }));
  });
  const outcome = await Promise.race([told, failure]);
  secured.destroy();
  return outcome;
}

/** A plain request to a server, through a proxy if there is one. */
function speakHttp({ proxy, address, host, port }) {
  const named = `${net.isIPv6(host) ? `[${host}]` : host}:${port}`;
  const to = proxy ? { ...proxy, path: `http://${named}/` } : { host: address, port, path: '/' };
  return new Promise((resolve) => {
    const sent = http.get({ ...to, headers: { host: named }, agent: false }, (answer) => {
      let body = '';
      answer.setEncoding('utf8').on('data', (text) => (body += text));
      const { statusCode: status } = answer;
      answer.on('end', () => resolve({ status, ...(status === 200 ? JSON.parse(body) : {}) }));
      answer.on('error', (error) => resolve({ error: error.code }));
    });
    sent.on('error', (error) => resolve({ error: error.code }));
  });
}

function attempt(one) {
  const late = new Promise((resolve) => setTimeout(() => resolve({ error: 'no end' }), LIMIT_MS).unref());
  return Promise.race([one.tls ? speakTls(one) : speakHttp(one), late]);
}

async function outcomesOf(all) {
  const outcomes = [];
  let next = 0;
  const worker = async () => {
    while (next < all.length) {
      const i = next++;
      outcomes[i] = await attempt(all[i]);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return outcomes;
}

for await (const line of createInterface({ input: process.stdin })) {
  const { id, attempts } = JSON.parse(line);
  void outcomesOf(attempts).then((outcomes) => process.stdout.write(`${JSON.stringify({ id, outcomes })}\n`));
}
