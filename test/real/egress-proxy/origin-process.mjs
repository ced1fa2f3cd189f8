// Servers outside of the cluster: at each port TLS for who begins with it, and else plain HTTP; and a company's proxy,
// which leads to these servers whatever name it is asked for. Each answers with its address and the name that it was
// asked for.
import { readFileSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import tls from 'node:tls';

const [certificate, parentPort, ...ports] = process.argv.slice(2);
const pem = readFileSync(certificate);
const TLS_HANDSHAKE = 0x16;
const plain = (address) => address.replace(/^::ffff:/, '');

const secure = tls.createServer({ key: pem, cert: pem }, (socket) => {
  socket.on('error', () => {});
  socket.end(JSON.stringify({ at: plain(socket.localAddress), port: socket.localPort, name: socket.servername }));
});
secure.on('tlsClientError', () => {});
const open = http.createServer((request, response) => {
  const { localAddress, localPort } = request.socket;
  response.end(JSON.stringify({ at: plain(localAddress), port: localPort, name: request.headers.host }));
});

const origin = (socket) => {
  socket.on('error', () => {});
  socket.once('data', (first) => {
    socket.pause();
    socket.unshift(first);
    (first[0] === TLS_HANDSHAKE ? secure : open).emit('connection', socket);
    if (first[0] !== TLS_HANDSHAKE) socket.resume();
  });
};

const parent = http.createServer((request, response) => {
  const { port, pathname, host } = new URL(request.url);
  const asked = http.get({ host: '127.0.0.1', port: port || 80, path: pathname, headers: { host } }, (answer) => {
    response.writeHead(answer.statusCode, answer.headers);
    answer.pipe(response);
  });
  asked.on('error', () => response.destroy());
});
parent.on('connect', (request, client) => {
  const upstream = net.connect(Number(request.url.split(':').at(-1)), '127.0.0.1', () => {
    client.write('HTTP/1.1 200 Connection established\r\n\r\n');
    upstream.pipe(client).pipe(upstream);
  });
  upstream.on('error', () => client.destroy());
  client.on('error', () => upstream.destroy());
});

const listening = [...ports.map((port) => [net.createServer(origin), port]), [parent, parentPort]].map(
  ([server, port]) => new Promise((resolve) => server.listen(Number(port), '::', resolve)),
);
await Promise.all(listening);
process.stdout.write(`${JSON.stringify({ event: 'ready' })}\n`);
