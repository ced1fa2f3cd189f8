// What the pods of `agentyard doctor` run. It needs Node.js alone: pods get this file in a ConfigMap.
//
//   node probe.mjs listen <port>...    greets whoever connects, until it is ended
//   node probe.mjs observe <task> <result-file>
//                                      looks until what shall answer answers and nothing else does; writes what it saw
//
// A task is JSON: { "step", "settleMs", "open": [target], "closed": [target] }. A target is `tcp://<address>:<port>`, a
// port of the listener, or `dns+udp://<name>` and `dns+tcp://<name>`, a question to the pod's own nameservers.
import { createSocket } from 'node:dgram';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer, isIPv6 } from 'node:net';
import { clearTimeout, setTimeout } from 'node:timers';
import { setTimeout as sleep } from 'node:timers/promises';

const GREETING = 'agentyard-doctor\n';
const ATTEMPT_MS = 1_000;
const PAUSE_MS = 250;
/** How often in succession all must be as expected: one lost packet is no policy, and one late packet no opening. */
const STEADY_ROUNDS = 3;
const MOST_TOLD = 8;

const ANSWERS = 'answers';
const TIMEOUT = 'times out';

const [command, ...args] = process.argv.slice(2);
if (command === 'listen') listen(args.map(Number));
else if (command === 'observe') await observe(JSON.parse(args[0]), args[1]);
else throw new Error('usage: probe.mjs listen <port>... | observe <task> <result-file>');

function listen(ports) {
  const servers = ports.map((port) =>
    createServer((socket) => {
      socket.on('error', () => undefined);
      socket.end(GREETING);
    }).listen(port),
  );
  process.on('SIGTERM', () => servers.forEach((server) => server.close()));
}

async function observe({ step, settleMs, open, closed }, resultFile) {
  const end = Date.now() + settleMs;
  let steady = 0;
  let amiss;
  do {
    amiss = await lookAt(open, closed);
    steady = amiss.length === 0 ? steady + 1 : 0;
    await sleep(PAUSE_MS);
  } while (steady < STEADY_ROUNDS && (steady > 0 || Date.now() < end));
  writeFileSync(resultFile, JSON.stringify({ step, met: amiss.length === 0, amiss: amiss.slice(0, MOST_TOLD) }));
}

/** Tries each target once; gives those that are not as they shall be, with what happened. */
async function lookAt(open, closed) {
  const seen = await Promise.all([...open, ...closed].map(attempt));
  const wrong = (target, index) => (seen[index] === ANSWERS) !== index < open.length;
  return [...open, ...closed].map((target, i) => (wrong(target, i) ? `${target} ${seen[i]}` : '')).filter(Boolean);
}

async function attempt(target) {
  const { protocol, hostname, port } = new URL(target);
  if (protocol === 'tcp:') return greeted(hostname.replace(/^\[|\]$/g, ''), Number(port));
  const ask = protocol === 'dns+udp:' ? askByUdp : askByTcp;
  const seen = await Promise.all(nameservers().map((server) => ask(server, dnsQuestion(hostname))));
  return seen.find((outcome) => outcome === ANSWERS) ?? seen[0] ?? 'has no nameserver';
}

/** A connection alone proves nothing: sidecars and proxies take it in the listener's place. */
function greeted(host, port) {
  return exchange(connect({ host, port }), undefined, (data) => data.toString('latin1') === GREETING);
}

function askByTcp(host, question) {
  const length = Buffer.from([question.length >> 8, question.length & 255]);
  const isAnswer = (data) => data.length > 2 && answers(data.subarray(2), question);
  return exchange(connect({ host, port: 53 }), Buffer.concat([length, question]), isAnswer);
}

/** Sends, and reads until what came is an answer, or no more comes. */
function exchange(socket, data, isAnswer) {
  return outcomeOf((settle) => {
    let received = Buffer.alloc(0);
    socket.on('connect', () => data && socket.write(data));
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      if (isAnswer(received)) settle(ANSWERS);
    });
    socket.on('error', (error) => settle(error.code));
    socket.on('close', () => settle('hangs up'));
    return () => socket.destroy();
  });
}

function askByUdp(host, question) {
  return outcomeOf((settle) => {
    const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
    socket.on('message', (data) => answers(data, question) && settle(ANSWERS));
    socket.on('error', (error) => settle(error.code));
    // Connected, so that a refusal is told; and a socket of its own, since what was open once may stay so for its port.
    socket.connect(53, host, (error) => (error ? settle(error.code) : socket.send(question)));
    return () => socket.close();
  });
}

/** The first outcome that is settled on, or the timeout. */
function outcomeOf(start) {
  return new Promise((resolve) => {
    let settled = false;
    const settle = (outcome) => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      stop();
      resolve(outcome);
    };
    const timer = setTimeout(() => settle(TIMEOUT), ATTEMPT_MS);
    const stop = start(settle);
  });
}

function nameservers() {
  const lines = readFileSync('/etc/resolv.conf', 'utf8').matchAll(/^\s*nameserver\s+(\S+)/gm);
  return [...lines].map(([, address]) => address);
}

/** A question for the name's IPv4 address, as RFC 1035 has it. */
function dnsQuestion(name) {
  const id = Math.floor(Math.random() * 65_536);
  const header = Buffer.from([id >> 8, id & 255, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
  const labels = name.split('.').flatMap((label) => [Buffer.from([label.length]), Buffer.from(label)]);
  return Buffer.concat([header, ...labels, Buffer.from([0, 0, 1, 0, 1])]);
}

/** Whether it answers this question, with whatever result: the nameserver was reached. */
function answers(data, question) {
  return data.length >= 12 && data.readUInt16BE(0) === question.readUInt16BE(0) && (data[2] & 128) !== 0;
}
