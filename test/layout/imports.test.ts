import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';

const ROOT = path.join(__dirname, '../..');
const RUNTIMES = ['gateway-runtime', 'agent-runtime', 'sandbox-runtime', 'egress-proxy-runtime', 'identity-runtime'];

/** Which rooms of the library a room may import, beside itself. An absent room may be imported by nobody. */
const ALLOWED: Record<string, readonly string[]> = {
  'lib/authorization': ['lib/contract', 'lib/reachability'],
  'lib/contract': [],
  'lib/errors': [],
  'lib/exposure': [],
  'lib/hardening': ['lib/contract'],
  'lib/identity': ['lib/contract', 'lib/errors', 'lib/providers', 'lib/workload'],
  'lib/providers': ['lib/contract'],
  'lib/reachability': ['lib/contract'],
  testing: ['lib/authorization', 'lib/reachability'],
  'lib/network': ['lib/providers', 'lib/contract', 'lib/errors'],
  'lib/synth': ['lib/contract', 'lib/errors', 'lib/providers', 'lib/network'],
  'lib/monitoring': ['lib/workload'],
  'lib/workload': ['lib/hardening', 'lib/network', 'lib/synth', 'lib/errors', 'lib/contract'],
  constructs: [
    'lib/contract',
    'lib/errors',
    'lib/exposure',
    'lib/hardening',
    'lib/identity',
    'lib/monitoring',
    'lib/network',
    'lib/providers',
    'lib/synth',
    'lib/workload',
  ],
  apps: ['agentyard'],
  examples: ['agentyard'],
  'runtime-kit': ['agentyard/contract'],
  cli: ['agentyard/authorization', 'agentyard/contract', 'agentyard/reachability', '@agentyard/runtime-kit'],
  ...Object.fromEntries(RUNTIMES.map((runtime) => [runtime, ['agentyard/contract', '@agentyard/runtime-kit']])),
};

const roomOf = (file: string): string => {
  const [top = '', second = ''] = file.split('/');
  return top === 'lib' ? `lib/${second}` : top;
};

function sources(directory: string): string[] {
  return readdirSync(path.join(ROOT, directory)).flatMap((name) => {
    const file = `${directory}/${name}`;
    if (['node_modules', 'dist', 'test', 'golden', 'schemas'].includes(name)) return [];
    if (statSync(path.join(ROOT, file)).isDirectory()) return sources(file);
    return /\.m?ts$/.test(name) ? [file] : [];
  });
}

/** What a file imports of ours: a room for a relative import, the package's name else. */
function importsOf(file: string): string[] {
  const text = readFileSync(path.join(ROOT, file), 'utf8');
  const specifiers = [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => match[1] ?? '');
  return specifiers.flatMap((specifier) => {
    if (specifier.startsWith('.')) return [roomOf(path.join(path.dirname(file), specifier))];
    return /^(agentyard|@agentyard\/)/.test(specifier) ? [specifier] : [];
  });
}

describe('imports run one way', () => {
  it.each(Object.keys(ALLOWED))('%s', (room) => {
    const files = sources(room);
    expect(files.length).toBeGreaterThan(0);
    const forbidden = files.flatMap((file) =>
      importsOf(file)
        .filter((target) => target !== room && !(ALLOWED[room] ?? []).includes(target))
        .map((target) => `${file} imports ${target}`),
    );
    expect(forbidden).toEqual([]);
  });

  it('every folder of lib/ is a known room', () => {
    expect(
      readdirSync(path.join(ROOT, 'lib'))
        .map((name) => `lib/${name}`)
        .filter((room) => !(room in ALLOWED)),
    ).toEqual([]);
  });

  it('no file is called utils, helpers, common or misc', () => {
    const vague = Object.keys(ALLOWED)
      .flatMap(sources)
      .filter((file) => /(^|\/)(utils?|helpers?|common|misc)[./]/.test(file));
    expect(vague).toEqual([]);
  });
});
