import type { ApiServer } from './api-server';

/** A ServiceAccount. */
export interface Account {
  readonly namespace: string;
  readonly name: string;
}

/** Something that may be done to objects of a kind, or to one of them. */
export interface Action {
  readonly verb: string;
  /** API group; empty for the core. */
  readonly group: string;
  /** Plural, with its subresource if one is meant: `pods/log`. */
  readonly resource: string;
  /** Absent: objects of whatever name. */
  readonly name?: string;
  /** Absent: in the whole cluster. */
  readonly namespace?: string;
}

interface ResourceRule {
  readonly verbs: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
}

const NODES = 'node authorizer does not support user rule resolution';
const VERBS = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete', 'deletecollection'];
/** Nobody has given this account any right; what it may do, everybody may. */
const NOBODY = 'nobody';

/** What ServiceAccounts may do, as the API server's own authorizer says. */
export class Access {
  public constructor(private readonly api: ApiServer) {}

  /** Whether an account may do something (`kubectl auth can-i`). */
  public async may(account: Account, { verb, group, resource, name, namespace }: Action): Promise<boolean> {
    const [plural, subresource] = resource.split('/');
    const review = await this.api.create({
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SubjectAccessReview',
      metadata: { name: '' },
      spec: {
        user: userName(account),
        groups: ['system:serviceaccounts', `system:serviceaccounts:${account.namespace}`, 'system:authenticated'],
        resourceAttributes: { verb, group, resource: plural, subresource, name, namespace },
      },
    });
    return review.status.allowed === true;
  }

  /**
   * All that an account may do to objects of a namespace beyond what any account may (`kubectl auth can-i --list`), one
   * line each: `get,patch secrets/keys`, `create jobs.batch`.
   */
  public async grants(account: Account, namespace: string): Promise<string[]> {
    const anybody = await this.rules({ namespace: account.namespace, name: NOBODY }, namespace);
    return (await this.rules(account, namespace)).filter((rule) => !anybody.includes(rule)).sort();
  }

  /**
   * The neighbours of an action that an account may do all the same: other verbs, another object, another namespace, and
   * the whole cluster.
   */
  public async excess(account: Account, action: Action, granted: readonly Action[]): Promise<Action[]> {
    const excess: Action[] = [];
    for (const neighbour of neighbours(action)) {
      if (!granted.some((grant) => covers(grant, neighbour)) && (await this.may(account, neighbour))) {
        excess.push(neighbour);
      }
    }
    return excess;
  }

  private async rules(account: Account, namespace: string): Promise<string[]> {
    const review = await this.api.as(userName(account)).create({
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectRulesReview',
      metadata: { name: '' },
      spec: { namespace },
    });
    // The authorizer of nodes has no list of its rules; it is asked last and lets nodes do things alone.
    const unknown = String(review.status.evaluationError ?? '').replace(NODES, '');
    if (unknown !== '') throw new Error(`The rules of ${userName(account)} are incomplete: ${unknown}`);
    return (review.status.resourceRules as ResourceRule[]).flatMap(lines);
  }
}

/** The actions that the rules of a Role allow. */
export function actionsOf(rules: readonly ResourceRule[], namespace?: string): Action[] {
  return rules.flatMap(({ verbs, apiGroups = [], resources = [], resourceNames }) =>
    verbs.flatMap((verb) =>
      apiGroups.flatMap((group) =>
        resources.flatMap((resource) =>
          (resourceNames ?? [undefined]).map((name) => ({ verb, group, resource, name, namespace })),
        ),
      ),
    ),
  );
}

function lines({ verbs, apiGroups = [], resources = [], resourceNames = [] }: ResourceRule): string[] {
  const names = resourceNames.length === 0 ? [''] : resourceNames.map((name) => `/${name}`);
  return apiGroups.flatMap((group) =>
    resources.flatMap((resource) =>
      names.map((name) => `${[...verbs].sort().join(',')} ${resource}${group === '' ? '' : `.${group}`}${name}`),
    ),
  );
}

function neighbours(action: Action): Action[] {
  const { name, namespace } = action;
  return [
    ...VERBS.map((verb) => ({ ...action, verb })),
    ...(name === undefined
      ? []
      : [
          { ...action, name: `${name}-other` },
          { ...action, name: undefined },
        ]),
    ...(namespace === undefined
      ? []
      : [
          { ...action, namespace: 'default' },
          { ...action, namespace: undefined },
        ]),
  ];
}

/** Whether an action is allowed by a grant. */
function covers(grant: Action, action: Action): boolean {
  return (
    grant.verb === action.verb &&
    grant.group === action.group &&
    grant.resource === action.resource &&
    (grant.name === undefined || grant.name === action.name) &&
    (grant.namespace === undefined || grant.namespace === action.namespace)
  );
}

function userName({ namespace, name }: Account): string {
  return `system:serviceaccount:${namespace}:${name}`;
}
