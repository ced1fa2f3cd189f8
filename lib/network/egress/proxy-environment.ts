/** Hosts that every workload reaches directly: itself, and the cluster. Node's NO_PROXY has no CIDR. */
const ALWAYS_DIRECT = ['localhost', '127.0.0.1', '::1', '.svc'];

/** What the proxy variables of a workload follow from. */
export interface ProxyAddress {
  /** Host of the proxy's Service. */
  readonly host: string;
  /** Port of the workload's allow list. */
  readonly port: number;
  readonly clusterDomain: string;
  /** Further hosts that are reached directly: metadata endpoints, the API server, private Services. */
  readonly direct: readonly string[];
}

/** Variables that send HTTP clients through the proxy; `NODE_USE_ENV_PROXY` does so for Node's own. */
export function proxyEnvironment({ host, port, clusterDomain, direct }: ProxyAddress): Record<string, string> {
  const url = `http://${host}:${port}`;
  const noProxy = [...new Set([...ALWAYS_DIRECT, `.${clusterDomain}`, ...direct])].join();
  return {
    HTTP_PROXY: url,
    HTTPS_PROXY: url,
    NO_PROXY: noProxy,
    http_proxy: url,
    https_proxy: url,
    no_proxy: noProxy,
    NODE_USE_ENV_PROXY: '1',
  };
}

/** Names of the variables, for what passes them on. */
export const PROXY_VARIABLES = [
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'http_proxy',
  'https_proxy',
  'no_proxy',
  'NODE_USE_ENV_PROXY',
] as const;
