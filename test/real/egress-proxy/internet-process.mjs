// What stands outside of the cluster: TLS at port 443 of every address, HTTP at 80 and 8000, and a company's proxy at
// 3128. Each connection and request is a JSON line on standard output.
import { readFileSync } from 'node:fs';
import { Resolver } from 'node:dns/promises';
import http from 'node:http';
import net from 'node:net';
import tls from 'node:tls';

const [certificate, nameserver] = process.argv.slice(2);
const pem = readFileSync(certificate);
const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
const plain = (address) => address.replace(/^::ffff:/, '');

tls
  .createServer({ key: pem, cert: pem }, (socket) => {
    const at = plain(socket.localAddress);
    say({ event: 'tls', at, from: plain(socket.remoteAddress), serverName: socket.servername });
    socket.on('error', () => {});
    socket.write(`${JSON.stringify({ at, serverName: socket.servername })}\n`);
    socket.on('data', (data) => socket.write(data));
  })
  .on('connection', (socket) => say({ event: 'connection', at: plain(socket.localAddress) }))
  .listen(443, '::');

for (const port of [80, 8000]) {
  http
    .createServer((request, response) => {
      const at = plain(request.socket.localAddress);
      response.end(JSON.stringify({ at, url: request.url, headers: request.headers }));
    })
    .on('connection', (socket) => say({ event: 'connection', at: plain(socket.localAddress) }))
    .listen(port, '::');
}

const resolver = new Resolver();
resolver.setServers([nameserver]);

http
  .createServer(async (request, response) => {
    say({ event: 'parent', method: request.method, url: request.url, headers: request.headers });
    const { hostname, port, pathname } = new URL(request.url);
    const [host] = await resolver.resolve4(hostname);
    http.get({ host, port, path: pathname, headers: { host: hostname } }, (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
    });
  })
  .on('connect', async (request, client) => {
    say({ event: 'parent', method: 'CONNECT', url: request.url, headers: request.headers });
    const [hostname, port] = request.url.split(':');
    const [host] = await resolver.resolve4(hostname);
    const upstream = net.connect(Number(port), host, () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.pipe(client).pipe(upstream);
    });
    upstream.on('error', () => client.destroy());
    client.on('error', () => upstream.destroy());
  })
  .listen(3128, '::', () => say({ event: 'ready' }));
