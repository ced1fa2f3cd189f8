import { existsSync } from 'node:fs';

type Variables = Readonly<Record<string, string>>;

/** What any process needs. */
const ESSENTIAL = ['PATH', 'LANG'];

/** How programs are told of a proxy, in both spellings. */
const PROXY = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'].flatMap((name) => [name, name.toLowerCase()]);

/** File of further certificate authorities. */
const AUTHORITIES = 'NODE_EXTRA_CA_CERTS';

/**
 * The environment of a local process: what its pod would have, and of the developer's own only what any process needs
 * and how this machine reaches the internet, a proxy and its certificate authorities. A proxy with a name of the
 * cluster does not run here, so the developer's own stands in for it.
 *
 * @param pod variables of the pod
 * @param shell variables of the developer
 * @param localPath the path that a path of the container has on this machine
 */
export function localEnvironment(
  pod: Variables,
  shell: NodeJS.ProcessEnv,
  localPath: (containerPath: string) => string,
): Record<string, string> {
  const { [AUTHORITIES]: authorities, ...rest } = pod;
  const file = authorities === undefined ? undefined : localPath(authorities);
  const ca = file !== undefined && existsSync(file) ? { [AUTHORITIES]: file } : only(shell, [AUTHORITIES]);
  const proxy = namesProxyHere(pod) ? only(pod, PROXY) : only(shell, PROXY);
  return { ...only(shell, ESSENTIAL), ...without(rest, PROXY), ...proxy, ...ca };
}

/** Whether the pod goes through a proxy that this machine may know too: one outside of the cluster. */
function namesProxyHere(pod: Variables): boolean {
  const named = PROXY.filter((name) => !/^no_proxy$/i.test(name)).flatMap((name) => pod[name] ?? []);
  return named.length > 0 && !named.some((value) => /\.svc(\.|:|\/|$)/.test(value));
}

function only(variables: NodeJS.ProcessEnv, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.flatMap((name) => (variables[name] === undefined ? [] : [[name, variables[name]]])));
}

function without(variables: Variables, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(Object.entries(variables).filter(([name]) => !names.includes(name)));
}
