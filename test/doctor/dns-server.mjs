// A nameserver that knows nothing and says so, over UDP and TCP: enough to see whether it can be reached.
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';

const NOT_FOUND = [0x81, 0x83];

createServer((socket) => {
  socket.on('error', () => undefined);
  socket.on('data', (data) => socket.end(Buffer.concat([data.subarray(0, 2), answer(data.subarray(2))])));
}).listen(53);

const udp = createSocket('udp4');
udp.on('message', (data, { port, address }) => udp.send(answer(data), port, address));
udp.bind(53);

function answer(question) {
  return Buffer.concat([question.subarray(0, 2), Buffer.from(NOT_FOUND), question.subarray(4)]);
}
