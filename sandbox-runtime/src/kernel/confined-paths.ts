import { statSync } from 'node:fs';
import path from 'node:path';
import { ACCESS, type PathRule } from './landlock.js';

/** Programs and libraries of the system. */
const SYSTEM = ['/usr', '/lib', '/lib32', '/lib64', '/bin', '/sbin', '/nix/store'];

/** Files by which libraries find what they need: other libraries, authorities, names of hosts and users, the time. */
const SETTINGS = [
  ...['/etc/ld.so.cache', '/etc/ssl', '/etc/pki', '/etc/ca-certificates', '/etc/crypto-policies', '/etc/alternatives'],
  ...['/etc/resolv.conf', '/etc/hosts', '/etc/host.conf', '/etc/nsswitch.conf', '/etc/gai.conf', '/etc/services'],
  ...['/etc/passwd', '/etc/group', '/etc/localtime', '/etc/timezone', '/etc/mime.types', '/etc/fonts'],
];

/** What the kernel tells of the machine, and of no process. */
const MACHINE = [
  ...['/proc/cpuinfo', '/proc/meminfo', '/proc/stat', '/proc/uptime', '/proc/loadavg', '/proc/filesystems'],
  ...['/proc/sys/vm', '/sys/devices/system/cpu'],
];

const READ_DEVICES = ['/dev/random', '/dev/urandom'];
const DEVICES = ['/dev/null', '/dev/zero', '/dev/full'];

/** Variables that name files or folders with authorities; Node.js and OpenSSL read them. */
const AUTHORITY_VARIABLES = ['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'SSL_CERT_DIR'];

/** What a toolset lets its tools read. */
export interface ReadablePaths {
  /** Files and folders of the toolset: program, tools, data. */
  readonly own: readonly string[];
  /** Whether tools may start processes: then those of the folders in PATH too. */
  readonly subprocesses: boolean;
  /** Variables that tools see. */
  readonly environment: Readonly<Record<string, string>>;
}

/** What tools may read, run and use outside of their scratch folders. Of what is not there, nothing. */
export function confinedPaths({ own, subprocesses, environment }: ReadablePaths): PathRule[] {
  const authorities = AUTHORITY_VARIABLES.flatMap((name) => environment[name] ?? []);
  const searched = subprocesses ? (environment.PATH ?? '').split(path.delimiter) : [];
  return [
    ...rules([process.execPath, ...SYSTEM, ...searched], ACCESS.run),
    ...rules([...SETTINGS, ...MACHINE, ...READ_DEVICES, ...authorities, ...own], ACCESS.read),
    ...rules(DEVICES, ACCESS.use),
  ];
}

function rules(paths: readonly string[], access: number): PathRule[] {
  return paths
    .filter((each) => path.isAbsolute(each) && path.normalize(each) !== '/')
    .flatMap((each) => {
      const found = statSync(each, { throwIfNoEntry: false });
      return found === undefined ? [] : [{ path: each, isFolder: found.isDirectory(), access }];
    });
}
