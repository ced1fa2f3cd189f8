import fc from 'fast-check';

/** Addresses of servers outside of the cluster, and of its nodes' own network. */
export const SERVERS = {
  public4: ['198.51.100.10', '203.0.113.20'],
  public6: ['2001:db8:1::10'],
  private: ['10.1.2.7', '172.20.3.4', '192.168.7.7', '192.168.7.8', '100.64.3.3', '169.254.10.20'].concat([
    'fd99:1::9',
    '64:ff9b::a01:207',
  ]),
} as const;

/** Addresses by which a machine calls itself. */
export const LOOPBACK: readonly string[] = ['127.0.0.1', '::1', '0.0.0.0'];

/** Ports at which each of them speaks TLS as well as plain HTTP. */
export const SERVER_PORTS = [443, 8443, 8000, 80] as const;

/** Domains, of which one looks like a Service in a namespace `dev`, and one is that of a model's provider. */
export const DOMAINS = ['example.com', 'example.org', 'corp.example', 'web.dev', 'api.anthropic.com'] as const;

/** Labels of names below them, at two levels. */
export const LABELS = ['api', 'x-1', 'a_b'] as const;

/** Names that programs may declare. */
const DECLARABLE = DOMAINS.flatMap((domain) => [domain, ...below(domain), ...below(...below(domain))]);

/** Names that no declared one stands for, although they look like it. */
export function lookAlikes(name: string): string[] {
  return [`${name}.evil.test`, `evil-${name}`, name.replace('.', 'x'), name.replace(/\.(?=[^.]+$)/, 'x')].filter(
    (one) => one.includes('.'),
  );
}

/** Names around those that programs may declare. */
const AROUND = DECLARABLE.flatMap((name) => [...below(name), ...lookAlikes(name)]);

/** The addresses of each name; none, if it has none. */
export type Internet = Readonly<Record<string, readonly string[]>>;

const some = <T>(all: readonly T[], count: number) =>
  fc.shuffledSubarray([...all], { minLength: count, maxLength: count });
const joined = (...parts: fc.Arbitrary<string[]>[]) => fc.tuple(...parts).map((found) => found.flat());

const addresses = fc.oneof(
  { weight: 10, arbitrary: some(SERVERS.public4, 1) },
  { weight: 2, arbitrary: some(SERVERS.public4, 2) },
  { weight: 2, arbitrary: some(SERVERS.public6, 1) },
  { weight: 2, arbitrary: joined(some(SERVERS.public4, 1), some(SERVERS.public6, 1)) },
  { weight: 6, arbitrary: some(SERVERS.private, 1) },
  { weight: 2, arbitrary: some(SERVERS.private, 2) },
  { weight: 2, arbitrary: joined(some(SERVERS.public4, 1), some(SERVERS.private, 1)) },
  { weight: 1, arbitrary: some(LOOPBACK, 1) },
  { weight: 1, arbitrary: fc.constant([]) },
);

/** All are at a public address, so that nothing but an allow list is in the way. */
const around = Object.fromEntries(AROUND.map((name) => [name, [SERVERS.public4[0], SERVERS.public6[0]]]));

/** Where names lead: to public addresses, private ones, both, the machine itself, or nowhere. */
export const randomInternet: fc.Arbitrary<Internet> = fc
  .record(Object.fromEntries(DECLARABLE.map((name) => [name, addresses])))
  .map((declarable) => ({ ...around, ...declarable }));

/** To what kind of addresses a name leads. */
export function leadsTo(found: readonly string[]): string {
  if (found.length === 0) return 'nowhere';
  return [...new Set(found.map(kindOf))].sort().join(' and ');
}

function kindOf(address: string): string {
  const [kind = 'loopback'] =
    Object.entries(SERVERS).find(([, all]) => (all as readonly string[]).includes(address)) ?? [];
  return kind;
}

function below(...domains: readonly string[]): string[] {
  return domains.flatMap((domain) => LABELS.map((label) => `${label}.${domain}`));
}
