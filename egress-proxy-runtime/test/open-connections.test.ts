import { connect, createServer, type AddressInfo } from 'node:net';
import { connectionsIn, openConnections } from '../src/open-connections';

const TABLE = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:2711 00000000:0000 0A 00000000:00000000 00:00000000 00000000 54321        0 101 1 0 100 0 0 10 0
   1: 0203A8C0:2711 0303A8C0:D1F2 01 00000000:00000000 00:00000000 00000000 54321        0 102 1 0 20 4 30 10 -1
   2: 0203A8C0:2711 0303A8C0:D1F3 08 00000000:00000000 00:00000000 00000000 54321        0 103 1 0 20 4 30 10 -1
   3: 0203A8C0:2711 0303A8C0:D1F4 06 00000000:00000000 00:00000000 00000000     0        0 0 3 0 20 4 30 10 -1
   4: 0203A8C0:2712 0303A8C0:D1F5 01 00000000:00000000 00:00000000 00000000 54321        0 104 1 0 20 4 30 10 -1
   5: 0203A8C0:E001 0A7100CB:2711 01 00000000:00000000 00:00000000 00000000 54321        0 105 1 0 20 4 30 10 -1
`;

describe('connections that are open', () => {
  it('are counted by their local port, without those that listen or have ended', () => {
    expect(connectionsIn(TABLE, [10_001])).toBe(2);
    expect(connectionsIn(TABLE, [10_001, 10_002])).toBe(3);
    expect(connectionsIn(TABLE, [])).toBe(0);
    expect(connectionsIn('', [10_001])).toBe(0);
  });

  const onLinux = process.platform === 'linux' ? it : it.skip;
  onLinux('are those that the kernel knows', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    expect(await openConnections([port])).toBe(0);
    const accepted = new Promise((resolve) => server.once('connection', resolve));
    const client = connect(port, '127.0.0.1');
    await accepted;
    expect(await openConnections([port])).toBe(1);
    client.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
});
