import { createServer, type AddressInfo } from 'node:net';
import { LocalHosts } from '@agentyard/runtime-kit';
import { gateway, workload } from './fixtures/manifests';
import { Stage, stateAt, stateOf, until, urlOf } from './fixtures/stage';

describe('the network of the local platform', () => {
  let stage: Stage;
  afterEach(() => stage.close());

  it('leads every name of a Service to its replicas', async () => {
    stage = await Stage.open([...workload('agent', 'support', { document: {}, namespace: 'team-a' }), ...gateway()]);
    const platform = await stage.start();
    const { hosts } = await stateOf(platform, 'gateway');
    const address = urlOf(platform, 'support').replace('http://', '');
    const names = ['support.team-a', 'support.team-a.svc', 'support.team-a.svc.cluster.local'];
    const all = [...names, ...names.map((name) => name.replace('support', 'support-pods'))];
    expect(all.map((name) => hosts[`${name}:8080`])).toEqual(all.map(() => [address]));
    expect(hosts).not.toHaveProperty(['support.default.svc:8080']);
  });

  it('reaches a headless Service by the port of the pods, and another by its own', async () => {
    const [configMap, deployment, service, headless] = workload('agent', 'support', { document: {} });
    const ports = [{ port: 80, targetPort: 'http' }];
    const withPorts = (object: typeof service) => ({
      ...object,
      kind: 'Service',
      spec: { ...(object?.spec as object), ports },
    });
    stage = await Stage.open(
      [configMap, deployment, withPorts(service), withPorts(headless)].map((object) => object ?? { kind: '' }),
    );
    const { hosts } = await stateOf(await stage.start(), 'support');
    const keys = Object.keys(hosts).filter((key) => key.includes('.svc:'));
    expect(keys.sort()).toEqual(['support-pods.default.svc:8080', 'support.default.svc:80']);
  });

  it('has ready replicas only, as the runtimes read it', async () => {
    stage = await Stage.open([...workload('agent', 'support', { document: {} }), ...gateway()]);
    const platform = await stage.start({ replicas: { support: 3 } });
    const support = platform.workloads.find(({ name }) => name === 'support');
    expect(new Set(support?.pids).size).toBe(3);
    const { overlay } = await stateOf(platform, 'gateway');
    const hosts = new LocalHosts(overlay.hostsFile);
    const addresses = () => hosts.addressesOf('support-pods.default.svc', 8080) ?? [];
    const before = addresses();
    expect(before.map((address) => `http://${address}`).sort()).toEqual([...(support?.urls ?? [])].sort());

    await fetch(`http://${before[1]}/unready`);
    await until(() => addresses().length === 2);
    expect(addresses()).toEqual([before[0], before[2]]);
    await fetch(`http://${before[0]}/unready`);
    await fetch(`http://${before[2]}/unready`);
    await until(() => addresses().length === 0);
    expect(hosts.addressesOf('support-pods.default.svc', 8080)).toEqual([]);
    expect(hosts.addressesOf('api.example.com', 443)).toBeUndefined();
  });

  it('gives each replica of a gateway a port that the others know, while it is not ready, too', async () => {
    const container = {
      ports: [
        { name: 'http', containerPort: 8080 },
        { name: 'peers', containerPort: 8088 },
      ],
    };
    const peers = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'gateway-peers' },
      spec: {
        clusterIP: 'None',
        publishNotReadyAddresses: true,
        selector: { 'app.kubernetes.io/name': 'gateway', 'agentyard.dev/runtime': 'gateway' },
        ports: [{ name: 'peers', port: 8088, targetPort: 'peers' }],
      },
    };
    stage = await Stage.open([...gateway('gateway', {}, { container }), peers, ...gateway('other')]);
    const platform = await stage.start({ replicas: { gateway: 2 } });
    const urls = platform.workloads.find(({ name }) => name === 'gateway')?.urls ?? [];
    const overlays = (await Promise.all(urls.map(stateAt))).map(({ overlay }) => overlay);
    const addresses = overlays.map(({ peerPort }) => `127.0.0.1:${peerPort}`);
    expect(new Set(addresses).size).toBe(2);
    const hosts = new LocalHosts(overlays[0]?.hostsFile ?? '');
    const known = () => hosts.addressesOf('gateway-peers.default.svc', 8088);
    expect(known()).toEqual(addresses);

    await fetch(`${urls[0]}/unready`);
    await until(() => hosts.addressesOf('gateway-pods.default.svc', 8080)?.length === 1);
    expect(known()).toEqual(addresses);
    expect((await stateOf(platform, 'other')).overlay).not.toHaveProperty('peerPort');
  });

  it('knows of an MCP server that it does not start that nobody serves it', async () => {
    const labels = { 'app.kubernetes.io/name': 'mssql', 'agentyard.dev/runtime': 'mcp-server' };
    const ports = [{ name: 'http', containerPort: 8000 }];
    stage = await Stage.open([
      ...gateway(),
      {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'mssql' },
        spec: {
          template: { metadata: { labels }, spec: { containers: [{ name: 'runtime', image: 'mssql', ports }] } },
        },
      },
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'mssql-pods' },
        spec: { clusterIP: 'None', selector: labels, ports: [{ port: 8000, targetPort: 'http' }] },
      },
    ]);
    const platform = await stage.start();
    expect(platform.notEnforced).toContain('Deployments of no runtime (not started): mssql');
    expect((await stateOf(platform, 'gateway')).hosts['mssql-pods.default.svc:8000']).toEqual([]);
  });

  it('gives replicas folders of their own', async () => {
    stage = await Stage.open(workload('agent', 'support', { document: {} }));
    const platform = await stage.start({ replicas: { support: 2 } });
    const states = await Promise.all((platform.workloads[0]?.urls ?? []).map(stateAt));
    expect(new Set(states.map(({ overlay }) => overlay.mounts['/tmp'])).size).toBe(2);
  });

  it('takes the next free ports for gateways when one is in use, and says so', async () => {
    const busy = createServer();
    await new Promise<void>((resolve) => busy.listen(0, '127.0.0.1', resolve));
    const { port } = busy.address() as AddressInfo;
    stage = await Stage.open([...gateway('one'), ...gateway('two')]);
    const platform = await stage.start({ port });
    busy.close();
    const ports = platform.gateways.map(({ url }) => Number(new URL(url).port)).sort();
    expect(ports.length).toBe(2);
    expect(ports[0]).toBeGreaterThan(port);
    expect(ports[1]).toBeGreaterThan(ports[0] ?? 0);
    expect(platform.remarks[0]).toBe(`port ${port} is in use, the gateway one takes ${ports[0]}`);
  });
});
