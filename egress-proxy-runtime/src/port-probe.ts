import { connect } from 'node:net';

const ANSWER_MS = 2_000;

/** Whether something takes connections at a port of this machine. */
export function acceptsConnections(port: number): Promise<boolean> {
  return probe(port, 'connect');
}

/** Whether something answers there, to a request that is no proxy's: a process that hangs still takes connections. */
export function answersRequests(port: number): Promise<boolean> {
  return probe(port, 'data');
}

function probe(port: number, until: 'connect' | 'data'): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const end = (works: boolean): void => {
      socket.destroy();
      resolve(works);
    };
    socket.setTimeout(ANSWER_MS, () => end(false));
    socket.once('error', () => end(false)).once('close', () => end(false));
    socket.once(until, () => end(true));
    if (until === 'data') socket.write('GET / HTTP/1.0\r\n\r\n');
  });
}
