import path from 'node:path';
import { Access, actionsOf, type Account } from '../cluster/access';
import type { ApiServer, KubernetesObject } from '../cluster/api-server';
import { START_TIMEOUT, startCluster, type Cluster } from '../cluster/control-plane';
import { ManifestSet } from '../cluster/manifest-set';
import { manifestFolders, readManifests } from '../cluster/manifests';

const GOLDEN = path.join(__dirname, '../apps/golden');
const RBAC = 'rbac.authorization.k8s.io';

jest.setTimeout(120_000);

/** What a component needs, by the name of the role that it has. Whatever is not here is granted to nobody. */
const NEEDS: readonly { readonly role: RegExp; readonly grants: (...parts: string[]) => string[] }[] = [
  // The job that publishes keys fills a ConfigMap in each namespace and a Secret for each gateway, both there already.
  { role: /^(.+-trust-bundle)$/, grants: (bundle) => [`get,patch configmaps/${bundle}`] },
  { role: /^.+-trust-(.+-signing-keys)$/, grants: (keys) => [`get,patch secrets/${keys}`] },
  // A gateway watches its document and its API keys, which are there already.
  { role: /^door$/, grants: () => ['get,watch configmaps/door-routes', 'get,watch secrets/door-api-keys'] },
  // A program gives one of its agents a right of its own.
  { role: /^usher$/, grants: () => ['get,list,watch configmaps'] },
  // OpenShift's router shows the certificate of a Route.
  { role: /^greeter-certificate-reader$/, grants: () => ['get,list,watch secrets/door-certificate'] },
  // The log forwarder reads what applications log, and writes it to a LokiStack.
  { role: /^collect-application-logs$/, grants: () => ['collect logs.logging.openshift.io/application'] },
  { role: /^cluster-logging-write-application-logs$/, grants: () => ['create application.loki.grafana.com/logs'] },
];

/** ClusterRoles of OpenShift Logging, as its operator brings them. */
const OPERATOR_ROLES: readonly KubernetesObject[] = [
  clusterRole('collect-application-logs', 'logging.openshift.io', 'logs', 'application', 'collect'),
  clusterRole('cluster-logging-write-application-logs', 'loki.grafana.com', 'application', 'logs', 'create'),
];

let cluster: Cluster;
let api: ApiServer;
let access: Access;

beforeAll(async () => {
  cluster = await startCluster();
  api = cluster.api;
  access = new Access(api);
}, START_TIMEOUT);
afterAll(() => cluster?.stop());

/** What of some manifests gives rights, and who gets them. */
function rightsOf(folder: string): KubernetesObject[] {
  const isRight = ({ apiVersion, kind }: KubernetesObject) => apiVersion.startsWith(RBAC) || kind === 'ServiceAccount';
  const objects = readManifests(path.join(GOLDEN, folder)).filter(isRight);
  return objects.some(({ kind }) => kind === 'ClusterRoleBinding') ? [...OPERATOR_ROLES, ...objects] : objects;
}

const isBinding = ({ kind }: KubernetesObject) => kind === 'RoleBinding' || kind === 'ClusterRoleBinding';
const roleOf = (binding: KubernetesObject, objects: readonly KubernetesObject[]): KubernetesObject =>
  objects.find(
    ({ kind, metadata }) =>
      kind === binding.roleRef.kind &&
      metadata.name === binding.roleRef.name &&
      (kind === 'ClusterRole' || metadata.namespace === binding.metadata.namespace),
  )!;

/** What is needed by whom: a ServiceAccount with a role, in the namespace of its binding. */
function needed(binding: KubernetesObject): string[] {
  const found = NEEDS.map(({ role, grants }) => {
    const parts = role.exec(binding.roleRef.name);
    return parts === null ? undefined : grants(...parts.slice(1));
  }).find((grants) => grants !== undefined);
  if (found === undefined) throw new Error(`${binding.roleRef.name} is a role that nobody is known to need`);
  return found;
}

const folders = manifestFolders(GOLDEN).map((folder) => path.relative(GOLDEN, folder));

describe.each(folders.filter((folder) => rightsOf(folder).some(isBinding)))('rights in golden %s', (folder) => {
  const objects = rightsOf(folder);
  const bindings = objects.filter(isBinding);
  const accounts = objects.filter(({ kind }) => kind === 'ServiceAccount').map(({ metadata }) => metadata as Account);
  const namespaces = [...new Set(objects.flatMap(({ metadata }) => metadata.namespace ?? []))];
  let manifests: ManifestSet;

  beforeAll(async () => {
    manifests = new ManifestSet(api, objects);
    await manifests.apply();
  });
  afterAll(() => manifests.remove());

  const subjectsOf = ({ subjects }: KubernetesObject) => subjects as Account[];
  const isFor = (account: Account) => (binding: KubernetesObject) =>
    subjectsOf(binding).some(({ name, namespace }) => name === account.name && namespace === account.namespace);

  it('are what each account needs in each namespace, and nothing else', async () => {
    const all = [...accounts, ...bindings.flatMap(subjectsOf)];
    for (const account of all) {
      for (const namespace of namespaces) {
        const here = bindings.filter(isFor(account)).filter(({ kind, metadata }) => {
          return kind === 'ClusterRoleBinding' || metadata.namespace === namespace;
        });
        const told = { ...account, in: namespace };
        const grants = [...new Set(here.flatMap(needed))].sort();
        expect({ ...told, grants: await access.grants(account, namespace) }).toEqual({ ...told, grants });
      }
    }
  });

  it('hold for what is named and end beside it: other verbs, objects, namespaces, the whole cluster', async () => {
    for (const binding of bindings) {
      const namespace = binding.kind === 'ClusterRoleBinding' ? undefined : binding.metadata.namespace;
      const granted = actionsOf(roleOf(binding, objects).rules, namespace);
      expect(granted.length).toBeGreaterThan(0);
      for (const account of subjectsOf(binding)) {
        const all = bindings.filter(isFor(account)).flatMap((each) => {
          return actionsOf(
            roleOf(each, objects).rules,
            each.kind === 'RoleBinding' ? each.metadata.namespace : undefined,
          );
        });
        for (const action of granted) {
          expect({ ...action, may: await access.may(account, action) }).toEqual({ ...action, may: true });
          expect(await access.excess(account, action, all)).toEqual([]);
        }
      }
    }
  });
});

describe('the check of rights', () => {
  const account = { namespace: 'rights', name: 'curious' };
  const role = (rules: object[]): KubernetesObject[] => [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: account },
    { apiVersion: `${RBAC}/v1`, kind: 'Role', metadata: { name: 'wide', namespace: 'rights' }, rules },
    {
      apiVersion: `${RBAC}/v1`,
      kind: 'RoleBinding',
      metadata: { name: 'wide', namespace: 'rights' },
      roleRef: { apiGroup: RBAC, kind: 'Role', name: 'wide' },
      subjects: [{ kind: 'ServiceAccount', ...account }],
    },
  ];
  let manifests: ManifestSet;
  afterEach(() => manifests.remove());

  it('sees all that is granted, and a grant that is wider than it should be', async () => {
    manifests = new ManifestSet(api, role([{ apiGroups: [''], resources: ['secrets'], verbs: ['get', 'list'] }]));
    await manifests.apply();
    expect(await access.grants(account, 'rights')).toEqual(['get,list secrets']);
    expect(await access.grants(account, 'default')).toEqual([]);
    const meant = { verb: 'get', group: '', resource: 'secrets', name: 'keys', namespace: 'rights' };
    const excess = await access.excess(account, meant, [meant]);
    expect(excess.map(({ verb, name }) => `${verb} ${name}`)).toEqual(['list keys', 'get keys-other', 'get undefined']);
  });

  it('sees that an account without a role may do nothing', async () => {
    manifests = new ManifestSet(api, role([]));
    await manifests.apply();
    expect(await access.grants(account, 'rights')).toEqual([]);
    expect(await access.may(account, { verb: 'get', group: '', resource: 'pods', namespace: 'rights' })).toBe(false);
  });
});

function clusterRole(name: string, group: string, resource: string, object: string, verb: string): KubernetesObject {
  const rule = { apiGroups: [group], resources: [resource], resourceNames: [object], verbs: [verb] };
  return { apiVersion: `${RBAC}/v1`, kind: 'ClusterRole', metadata: { name }, rules: [rule] };
}
