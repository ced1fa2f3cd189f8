import { readFileSync, writeFileSync } from 'node:fs';
import { parse, stringify } from 'yaml';
import type { Cluster } from './control-plane';

/** Who a new ServiceAccount is, and what it may do. */
export interface Account {
  readonly namespace: string;
  readonly name: string;
  /** Name of a Role in the namespace. */
  readonly role: string;
}

/** Makes a ServiceAccount with the rights of one Role and no others. @param file kubeconfig of this user that is written */
export async function accountKubeconfig({ api, kubeconfig }: Cluster, account: Account, file: string): Promise<void> {
  const { namespace, name, role } = account;
  const metadata = { name, namespace };
  const apiGroup = 'rbac.authorization.k8s.io';
  const roleRef = { apiGroup, kind: 'Role', name: role };
  const subjects = [{ kind: 'ServiceAccount', ...metadata }];
  await api.create({ apiVersion: 'v1', kind: 'ServiceAccount', metadata });
  await api.create({ apiVersion: `${apiGroup}/v1`, kind: 'RoleBinding', metadata, roleRef, subjects });
  const { body } = await api.request({
    method: 'POST',
    path: `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`,
    body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} },
  });
  const config = parse(readFileSync(kubeconfig, 'utf8')) as { users: { user: object }[] };
  config.users[0]!.user = { token: body.status.token as string };
  writeFileSync(file, stringify(config), { mode: 0o600 });
}
