import type { KubernetesObject } from 'agentyard/reachability';
import { compareText, type Change } from '../change.js';
import { fieldsOf, listOf } from './pod-spec.js';

/** One verb on one resource, that somebody has somewhere. */
interface Right {
  /** `ServiceAccount agents/support`. */
  readonly subject: string;
  readonly place: string;
  /** Absent: everywhere. */
  readonly namespace?: string;
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  /** Absent: all of them. */
  readonly name?: string;
}

const RBAC = 'rbac.authorization.k8s.io';
/** Label of a role that makes its rules those of another, too. */
export const AGGREGATE = /^rbac\.authorization\.k8s\.io\/aggregate-to-(.+)$/;

/** What changes about who may ask what of the API server. How roles and bindings are called does not matter. */
export function roleChanges(before: readonly KubernetesObject[], after: readonly KubernetesObject[]): Change[] {
  const was = rightsOf(before);
  const is = rightsOf(after);
  return [...told('+', missing(is, was)), ...told('-', missing(was, is))];
}

/** Rights that none of others includes. */
function missing(rights: readonly Right[], others: readonly Right[]): Right[] {
  return rights.filter((right) => !others.some((other) => includes(other, right)));
}

function includes(wide: Right, narrow: Right): boolean {
  const isAny = (a: string, b: string) => a === '*' || a === b;
  return (
    wide.subject === narrow.subject &&
    (wide.namespace === undefined || wide.namespace === narrow.namespace) &&
    isAny(wide.verb, narrow.verb) &&
    isAny(wide.group, narrow.group) &&
    (isAny(wide.resource, narrow.resource) || isUrlWithin(wide.resource, narrow.resource)) &&
    (wide.name === undefined || wide.name === narrow.name)
  );
}

function isUrlWithin(wide: string, narrow: string): boolean {
  return wide.startsWith('/') && wide.endsWith('*') && narrow.startsWith(wide.slice(0, -1));
}

function told(sign: '+' | '-', rights: readonly Right[]): Change[] {
  const found = new Map<string, { right: Right; verbs: Set<string> }>();
  for (const right of rights) {
    const { verb, ...rest } = right;
    const key = JSON.stringify(rest);
    const one = found.get(key) ?? { right, verbs: new Set() };
    one.verbs.add(verb);
    found.set(key, one);
  }
  return [...found.values()].map(({ right, verbs }) => {
    const what = `${[...verbs].sort(compareText).join(', ')} ${resourceText(right)}`;
    const text = `${right.subject} may ${sign === '-' ? 'no longer ' : ''}${what}`;
    return { sign, group: 'roles', place: right.place, subject: `${right.subject} ${what}`, text };
  });
}

function resourceText({ group, resource, name, namespace }: Right): string {
  const of = group === '' || group === '-' ? '' : ` of ${group === '*' ? 'every API group' : group}`;
  const named = name === undefined ? '' : ` "${name}"`;
  return `${resource === '*' ? 'all resources' : resource}${of}${named} ${namespace === undefined ? 'in the whole cluster' : `in namespace ${namespace}`}`;
}

function rightsOf(objects: readonly KubernetesObject[]): Right[] {
  const own = objects.filter(({ apiVersion }) => apiVersion?.startsWith(`${RBAC}/`));
  const roles = new Map(own.filter(({ kind }) => kind?.endsWith('Role')).map((role) => [titleOf(role), role]));
  const bound = new Set<string>();
  const rights = own
    .filter(({ kind }) => kind?.endsWith('RoleBinding'))
    .flatMap((binding) => {
      const { kind, name } = fieldsOf(binding.roleRef);
      const namespace = namespaceOf(binding);
      const title = `${String(kind)} ${kind === 'Role' ? `${namespace}/` : ''}${String(name)}`;
      bound.add(title);
      const rules = rulesOf(roles.get(title), title);
      return listOf(binding.subjects).flatMap((subject) => {
        const who = subjectText(subject, namespace);
        return rules.map((rule): Right => ({ ...rule, ...who, namespace }));
      });
    });
  return [...rights, ...[...roles].flatMap(([title, role]) => rightsOfOthers(role, title, bound.has(title)))];
}

/** What a role allows to those of whom the manifests do not tell. */
function rightsOfOthers(role: KubernetesObject, title: string, isBound: boolean): Right[] {
  const namespace = namespaceOf(role);
  const place = title.split(' ')[1] ?? '';
  const rules = rulesOf(role, title);
  // Who has a role that is bound elsewhere is not known; what it allows is told all the same.
  const subjects = isBound ? [] : ['who is bound to it'];
  const wider = Object.entries(fieldsOf(role.metadata?.labels)).flatMap(([label, value]) => {
    const [, name] = AGGREGATE.exec(label) ?? [];
    return name !== undefined && value === 'true' ? [`who is bound to ClusterRole ${name}`] : [];
  });
  return [...subjects, ...wider].flatMap((subject) => {
    return rules.map((rule): Right => ({ ...rule, subject, place, namespace }));
  });
}

type Rule = Pick<Right, 'verb' | 'group' | 'resource' | 'name'>;

/** The rules of a role; if it is not among the manifests, that it is bound is what is known. */
function rulesOf(role: KubernetesObject | undefined, title: string): Rule[] {
  if (role === undefined) return [allowedBy(title)];
  // What a controller collects from other roles.
  const collected = listOf(fieldsOf(role.aggregationRule).clusterRoleSelectors).map((selector) =>
    allowedBy(`every ClusterRole that ${JSON.stringify(selector)} selects`),
  );
  const own = listOf(role.rules).flatMap((rule) => {
    const names = texts(rule.resourceNames);
    const resources = texts(rule.apiGroups).flatMap((group) =>
      texts(rule.resources).flatMap((resource) =>
        names.length === 0 ? [{ group, resource }] : names.map((name) => ({ group, resource, name })),
      ),
    );
    const urls = texts(rule.nonResourceURLs).map((resource) => ({ group: '-', resource }));
    return texts(rule.verbs).flatMap((verb) => [...resources, ...urls].map((what) => ({ verb, ...what })));
  });
  return [...own, ...collected];
}

function allowedBy(resource: string): Rule {
  return { verb: 'do what is allowed by', group: '-', resource };
}

function subjectText(subject: Readonly<Record<string, unknown>>, namespace: string | undefined) {
  const name = String(subject.name);
  if (subject.kind !== 'ServiceAccount') return { subject: `${String(subject.kind)} ${name}`, place: name };
  const place = `${String((subject.namespace as string | undefined) ?? namespace)}/${name}`;
  return { subject: `ServiceAccount ${place}`, place };
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

/** Bindings and roles of the cluster have no namespace, and what they give holds everywhere. */
function namespaceOf({ kind, metadata }: KubernetesObject): string | undefined {
  return kind?.startsWith('Cluster') === true ? undefined : ((metadata?.namespace as string | undefined) ?? 'default');
}

function titleOf(role: KubernetesObject): string {
  const namespace = namespaceOf(role);
  return `${role.kind} ${namespace === undefined ? '' : `${namespace}/`}${String(role.metadata?.name)}`;
}
