import { Platform, type KubernetesObject } from 'agentyard/reachability';
import { deployment, networkPolicy, service } from './manifests';

const web = deployment('web');
const db = deployment('db', { containers: [{ name: 'db', ports: [{ name: 'sql', containerPort: 5432 }] }] });

describe('the workloads that a name leads to', () => {
  const ports = [
    { port: 80, targetPort: 'sql' },
    { port: 81, targetPort: 7000 },
  ];
  const back = service('back', { selector: { app: 'db' }, ports });
  const pods = service('back-pods', { clusterIP: 'None', selector: { app: 'db' }, ports });
  const alias = service('alias', { type: 'ExternalName', externalName: 'back.shop.svc.cluster.local' });
  const nowhere = service('nowhere', { selector: { app: 'none' }, ports });

  function named(name: string, port: number, ...more: KubernetesObject[]) {
    const platform = Platform.fromObjects([web, db, back, pods, alias, nowhere, ...more]);
    const found = platform.namedWorkloads(platform.workload('shop', 'web'), name, port);
    return found.map(({ workload, ports: there }) => [workload.title, ...there]);
  }

  it('are those that a Service selects, at the ports that its own stand for', () => {
    for (const name of ['back', 'back.shop.svc', 'BACK.shop.svc.cluster.local.', 'alias']) {
      expect([80, 81].map((port) => named(name, port))).toEqual([
        [['Deployment shop/db', 5432]],
        [['Deployment shop/db', 7000]],
      ]);
    }
    expect(named('back-pods.shop.svc', 5432)).toEqual([['Deployment shop/db', 5432]]);
  });

  it('have no port where the Service has none, and are told all the same', () => {
    expect(named('back', 82)).toEqual([['Deployment shop/db']]);
  });

  it('may be several', () => {
    const twin = deployment('twin', { labels: { app: 'db' } });
    expect(named('back', 81, twin).map(([title]) => title)).toEqual(['Deployment shop/db', 'Deployment shop/twin']);
  });

  it('are none of a host, of an address, and of a Service that selects none or is not there', () => {
    for (const name of ['api.example.com', '10.1.2.3', '127.0.0.1', 'localhost', 'a..b', 'nowhere', 'gone.shop.svc']) {
      expect(named(name, 80)).toEqual([]);
    }
  });
});

describe('pods of which the ServiceAccount alone is known', () => {
  const cron = { namespace: 'ops', serviceAccount: 'cron' };
  const reach = (...policies: KubernetesObject[]) => {
    const platform = Platform.fromObjects([web, db, ...policies]);
    return platform.canReach(cron, platform.workload('shop', 'db'), 5432);
  };
  const from = (peer: object, name = 'db') =>
    networkPolicy({ podSelector: { matchLabels: { app: 'db' } }, ingress: [{ from: [peer] }] }, name);
  const namespace = (name: string) => ({ matchLabels: { 'kubernetes.io/metadata.name': name } });

  it('may be what a selector in their namespace means', () => {
    const { allowed, because } = reach(
      from({ namespaceSelector: namespace('ops'), podSelector: { matchLabels: { app: 'x' } } }),
    );
    expect(allowed).toBe(true);
    expect(because[0]).toMatch(/^NetworkPolicy shop\/db may allow it: ingress rule 1/);
    expect(reach(from({ namespaceSelector: namespace('ops') })).because[0]).toMatch(/ allows it: ingress rule 1/);
  });

  it('are none of another namespace', () => {
    const { allowed, because } = reach(from({ namespaceSelector: namespace('agents') }));
    expect(allowed).toBe(false);
    expect(because[0]).toContain('no rule allows from pods of ServiceAccount ops/cron');
  });

  it('are held back by no policy that may be about others', () => {
    const closed = (podSelector: object) => networkPolicy({ podSelector, policyTypes: ['Egress'] }, 'closed', 'ops');
    expect(reach(closed({ matchLabels: { app: 'x' } })).allowed).toBe(true);
    expect(reach(closed({})).allowed).toBe(false);
  });
});
