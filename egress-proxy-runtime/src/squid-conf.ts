import { forbiddenBlocks, type EgressProxyDocument } from 'agentyard/contract';

type AllowList = EgressProxyDocument['allowLists'][number];
type Host = AllowList['hosts'][number];

/** What of the document Squid is configured by. */
export type SquidDocument = Pick<EgressProxyDocument, 'allowLists' | 'parent' | 'shutdown'>;

/** Files that the configuration names, and the command that compares server names. */
export interface SquidFiles {
  readonly certificate: string;
  readonly accessLog: string;
  readonly serverNameCommand: readonly string[];
}

/** Hosts of a list that differ in their names alone. */
interface HostGroup {
  readonly port: number;
  readonly tls: boolean;
  readonly wildcard: boolean;
  readonly privateCidrs: readonly string[];
  readonly names: string[];
}

/** Port on loopback that Squid is watched at when no list has one: without any it would not start. */
export const IDLE_PORT = 3128;

/** Below what Squid reads of a line; a name takes up to 253 characters. */
const LONGEST_LINE = 4_096;

/** Squid's own grace is the longer one: the supervisor decides when it ends. */
const GRACE_MARGIN_S = 5;

/** Streams of models may be silent for 15 minutes. */
const SETTINGS = `
visible_hostname egress-proxy
httpd_suppress_version_string on
pid_filename none
coredump_dir none
cache_log /dev/null
debug_options ALL,1
logfile_rotate 0
max_filedescriptors 16384

cache deny all
cache_mem 8 MB
memory_pools off
digest_generation off
memory_cache_shared off
collapsed_forwarding off
sslproxy_session_cache_size 0
client_db off
icp_port 0
htcp_port 0
snmp_port 0
pinger_enable off
netdb_filename none
cachemgr_passwd disable all
global_internal_static off

via off
forwarded_for delete
reply_header_access X-Cache deny all
reply_header_access X-Cache-Lookup deny all
client_persistent_connections off

dns_defnames off
dns_timeout 10 seconds
negative_dns_ttl 10 seconds
request_start_timeout 30 seconds
request_timeout 30 seconds
connect_timeout 10 seconds
forward_timeout 30 seconds
read_timeout 16 minutes
write_timeout 16 minutes
retry_on_error off
`.trim();

/** Fields of a line of the access log, in the order that access-line.ts reads them. No path, no header. */
const LOG_FORMAT = [
  '%ts.%03tu %>a %>lp %rm %#>rd %>rP %>Hs %Ss %<a %ssl::bump_mode %#ssl::>sni %>st %<st %tr %err_code',
  '%#note{reason}',
].join(' ');

/** Renders `squid.conf`, the same text for the same document. */
export function squidConf({ allowLists, parent, shutdown }: SquidDocument, files: SquidFiles): string {
  const lists = [...allowLists].sort((a, b) => a.port - b.port);
  const sections = [
    ['# Written by the egress proxy of Agentyard; changes are lost.', SETTINGS],
    [`shutdown_lifetime ${Math.ceil(shutdown.graceMs / 1000) + GRACE_MARGIN_S} seconds`],
    [`logformat agentyard ${LOG_FORMAT}`, `access_log stdio:${files.accessLog} logformat=agentyard`],
    listeners(lists, files.certificate),
    conditions(lists, files.serverNameCommand),
    declarations(lists),
    rules(parent !== undefined),
    parent === undefined ? [] : parentLines(parent),
  ];
  return `${sections
    .filter((section) => section.length > 0)
    .map((section) => section.join('\n'))
    .join('\n\n')}\n`;
}

/** One port per list. The certificate is asked for by Squid where it may look into TLS; no rule presents it. */
function listeners(lists: readonly AllowList[], certificate: string): string[] {
  if (lists.length === 0) return [`http_port 127.0.0.1:${IDLE_PORT}`];
  const options = `ssl-bump generate-host-certificates=off tls-cert=${certificate} tcpkeepalive=60,30,4`;
  return lists.map(({ port }) => `http_port ${port} name=list_${port} ${options}`);
}

/** Names are asked about URL-encoded (`%#`): a server name may hold line ends, and with them answers to other questions. */
const SERVER_NAME_ACL =
  'external_acl_type server_name ttl=3600 negative_ttl=60 cache=4096 concurrency=256 children-max=1 children-startup=1 children-idle=1 %#>rd %#ssl::>sni';

function conditions(lists: readonly AllowList[], serverNameCommand: readonly string[]): string[] {
  const ports = distinct(lists.flatMap(({ hosts }) => hosts.map(({ port }) => port))).sort((a, b) => a - b);
  return [
    'acl connect method CONNECT',
    'acl http proto HTTP',
    'acl step1 at_step SslBump1',
    'acl step2 at_step SslBump2',
    'acl resolved dst all',
    `${SERVER_NAME_ACL} ${serverNameCommand.join(' ')}`,
    'acl same_name external server_name',
    'acl mark_verified annotate_client server_name=verified',
    'acl verified note server_name verified',
    ...['undeclared', 'unresolved', 'forbidden_address', 'server_name'].map(
      (reason) => `acl because_${reason} annotate_transaction reason=${reason.replace('_', '-')}`,
    ),
    ...ports.map((port) => `acl to_${port} port ${port}`),
    ...lists.map(({ port }) => `acl list_${port} myportname list_${port}`),
  ];
}

/**
 * Per group of hosts: its names, and what a request for them looks like. Lines of `all-of` with one name are alternatives.
 * `declared` is what the lists name; `reachable` is what of it leads to no forbidden address.
 */
function declarations(lists: readonly AllowList[]): string[] {
  const groups = lists.flatMap((list) => groupsOf(list).map((group, i) => ({ list: list.port, i, group })));
  if (groups.length === 0) return ['acl declared all-of !all', 'acl reachable all-of !all'];
  const exceptions = distinct(groups.map(({ group }) => group.privateCidrs.join(' ')));
  return [
    ...exceptions.flatMap((cidrs, i) =>
      lines(`acl forbidden_${i} dst`, forbiddenBlocks(cidrs === '' ? [] : cidrs.split(' '))),
    ),
    ...groups.flatMap(({ list, i, group }) => {
      const names = `names_${list}_${i}`;
      const method = group.tls ? 'connect' : 'http !connect';
      const request = `list_${list} ${method} to_${group.port} ${names}`;
      const forbidden = `forbidden_${exceptions.indexOf(group.privateCidrs.join(' '))}`;
      return [
        ...nameTest(names, group),
        `acl declared all-of ${request}`,
        `acl reachable all-of ${request} !${forbidden}`,
      ];
    }),
  ];
}

/** `-n` keeps Squid from taking an address for the name that its owner gives it in the reverse DNS. */
function nameTest(acl: string, { wildcard, names }: HostGroup): string[] {
  if (!wildcard) return lines(`acl ${acl} dstdomain -n`, names);
  const patterns = names.map((name) => `^[^.]+${name.slice(1).replaceAll('.', '\\.')}$`);
  return lines(`acl ${acl} dstdom_regex -n -i`, patterns);
}

/** Values of one ACL, in as many lines as it takes: Squid cuts a line at 8 kB. */
function lines(head: string, values: readonly string[]): string[] {
  const rendered: string[] = [];
  let line = head;
  for (const value of values) {
    if (line !== head && line.length + value.length >= LONGEST_LINE) {
      rendered.push(line);
      line = head;
    }
    line += ` ${value}`;
  }
  return [...rendered, line];
}

/**
 * `http_access` lets every CONNECT go on: where it refuses one, Squid would present its certificate to say so. What
 * decides is `miss_access`, just before Squid connects: a tunnel needs the mark that its server name was compared, which
 * is made in step 2 alone. A tunnel that is refused in step 1 goes there at once, without a look at its TLS.
 */
function rules(behindParent: boolean): string[] {
  // Behind a parent, names may be unknown to the DNS of the cluster.
  const resolved = behindParent ? '' : 'resolved ';
  const reasons = (directive: string): string[] => [
    `${directive} deny !declared because_undeclared`,
    ...(behindParent ? [] : [`${directive} deny !resolved because_unresolved`]),
    `${directive} deny !reachable because_forbidden_address`,
  ];
  return [
    'http_access allow connect',
    'http_access deny manager',
    `http_access allow ${resolved}reachable`,
    ...reasons('http_access'),
    'http_access deny all',
    '',
    `ssl_bump peek step1 ${resolved}reachable`,
    'ssl_bump splice step1',
    'ssl_bump terminate step2 !same_name because_server_name',
    `ssl_bump splice step2 ${resolved}reachable same_name mark_verified`,
    'ssl_bump terminate all because_forbidden_address',
    '',
    `miss_access allow !connect ${resolved}reachable`,
    `miss_access allow connect ${resolved}reachable verified`,
    ...reasons('miss_access'),
    'miss_access deny all because_server_name',
  ];
}

function parentLines({ host, port }: NonNullable<SquidDocument['parent']>): string[] {
  return [
    `cache_peer ${host} parent ${port} 0 no-query no-digest no-netdb-exchange default name=parent`,
    'never_direct allow all',
  ];
}

function groupsOf({ hosts }: AllowList): HostGroup[] {
  const groups = new Map<string, HostGroup>();
  for (const host of [...hosts].sort(byNameThenPort)) {
    const { name, port, tls } = host;
    const wildcard = name.startsWith('*.');
    const privateCidrs = distinct(host.privateCidrs).sort();
    const key = JSON.stringify([port, tls, wildcard, privateCidrs]);
    const group = groups.get(key) ?? { port, tls, wildcard, privateCidrs, names: [] };
    group.names.push(name);
    groups.set(key, group);
  }
  return [...groups.values()];
}

function byNameThenPort(a: Host, b: Host): number {
  if (a.name !== b.name) return a.name < b.name ? -1 : 1;
  return a.port - b.port;
}

function distinct<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}
