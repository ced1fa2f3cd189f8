import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ApiObject, Chart, JsonPatch, Lazy, YamlOutputType, type App as StockApp, type AppProps } from 'cdk8s';
import { Construct, DependencyGroup } from 'constructs';
import fc from 'fast-check';
import { parseAllDocuments } from 'yaml';

/** One construct of a random program. Numbers choose among what is there already. */
interface Step {
  readonly kind: 'chart' | 'construct' | 'object';
  readonly scope: number;
  readonly id: string;
  readonly named: boolean;
  readonly value: unknown;
  readonly patched: boolean;
}

interface Edge {
  readonly source: number;
  readonly target: number;
  readonly grouped: boolean;
  /** Whether one end holds the other. */
  readonly nested: 'no' | 'inwards' | 'outwards';
}

/** A random program of cdk8s. */
export interface Topology {
  readonly steps: readonly Step[];
  readonly edges: readonly Edge[];
  /** Whether edges that would make a cycle are left out, as far as that shows at the edge itself. */
  readonly tame: boolean;
  readonly faults: readonly number[];
  readonly props: AppProps;
}

/** Stands for a lazy value until a program is built: values are made anew for each app. */
const LAZY = '\u0000lazy';
const TOKEN = '\u0000token';
const UNION = '\u0000union';

const text = fc.oneof(
  fc.constantFrom('yes', 'null', '0x1f', '1e3', 'a: b', '- a', '#', 'two\nlines\n', 'two\n\nlines', ' x ', '', 'plain'),
  fc.string({ maxLength: 8 }),
);
const key = fc.constantFrom('b', 'a', 'c-d', '10', '9', 'yes', 'x.y/z', 'constructor', '');

const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    text,
    fc.constantFrom(0, -1.5, true, false, null, undefined),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(key, tie('value'), { maxKeys: 4, noNullPrototype: true }),
    fc.record({ [LAZY]: tie('value') }),
    fc.record({ [TOKEN]: tie('value') }),
    fc.record({ [UNION]: fc.constantFrom(1, '50%') }),
  ),
}));

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom('chart', 'construct', 'object', 'object'),
  scope: fc.nat(30),
  id: fc.constantFrom('a', 'b', 'A', '10', '2', 'x/y', 'resource', 'Default', 'long-name'),
  named: fc.boolean(),
  value,
  patched: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
});

const edge: fc.Arbitrary<Edge> = fc.record({
  source: fc.nat(40),
  target: fc.nat(40),
  grouped: fc.boolean(),
  nested: fc.constantFrom('no', 'no', 'no', 'inwards', 'outwards'),
});

export const topology: fc.Arbitrary<Topology> = fc.record({
  steps: fc.array(step, { minLength: 1, maxLength: 24 }),
  edges: fc.array(edge, { maxLength: 10 }),
  tame: fc.integer({ min: 0, max: 9 }).map((n) => n > 1),
  faults: fc.oneof(
    { weight: 9, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(fc.nat(30), { maxLength: 3 }) },
  ),
  props: fc.record(
    {
      yamlOutputType: fc.constantFrom(
        YamlOutputType.FILE_PER_APP,
        YamlOutputType.FILE_PER_CHART,
        YamlOutputType.FILE_PER_RESOURCE,
        YamlOutputType.FOLDER_PER_CHART_FILE_PER_RESOURCE,
      ),
      outputFileExtension: fc.constant('.yml'),
      recordConstructMetadata: fc.boolean(),
    },
    { requiredKeys: [] },
  ),
});

/** The program in an app: the stock one or another. */
export function build<A extends StockApp>(app: A, { steps, edges, tame, faults }: Topology): A {
  const constructs: Construct[] = [new Chart(app, 'first')];
  for (const step of steps) constructs.push(construct(step, scopeOf(step, constructs, app), constructs.length));
  for (const edge of edges) {
    const ends = edge.nested === 'no' ? endsOf(edge, constructs) : nestedEndsOf(edge, constructs);
    if (tame && !isTame(ends)) continue;
    const [source, target] = ends;
    // cdk8s leaves out what depends on itself, without a word.
    if (source !== target) source.node.addDependency(edge.grouped ? new DependencyGroup(target) : target);
  }
  for (const fault of faults) {
    const at = constructs[fault % constructs.length]!;
    at.node.addValidation({ validate: () => [`fault ${fault}`, 'another'] });
  }
  return app;
}

type Ends = readonly [source: Construct, target: Construct];

/** What was built later depends on what was built before. */
function endsOf({ source, target }: Edge, constructs: readonly Construct[]): Ends {
  const numbers = [source % constructs.length, target % constructs.length].sort((a, b) => b - a);
  return [constructs[numbers[0]!]!, constructs[numbers[1]!]!];
}

function nestedEndsOf({ source, target, nested }: Edge, constructs: readonly Construct[]): Ends {
  const inner = constructs[source % constructs.length]!;
  // Without the app.
  const scopes = inner.node.scopes.slice(1) as Construct[];
  const outer = scopes[target % scopes.length]!;
  return nested === 'inwards' ? [outer, inner] : [inner, outer];
}

/** Whether a dependency is probably no cycle. */
function isTame([source, target]: Ends): boolean {
  const [inner, outer] = source.node.scopes.includes(target) ? [source, target] : [target, source];
  const [from, to] = [Chart.of(source), Chart.of(target)];
  if (from !== to) return !to.node.scopes.includes(from) && !from.node.scopes.includes(to);
  if (!inner.node.scopes.includes(outer)) return true;
  const objects = inner.node.findAll().filter((each) => ApiObject.isApiObject(each) && Chart.of(each) === from);
  return objects.length < 2;
}

function scopeOf({ kind, scope }: Step, constructs: readonly Construct[], app: StockApp): Construct {
  if (kind === 'chart' && scope % 2 === 0) return app;
  return constructs[scope % constructs.length]!;
}

function construct({ kind, id, named, value, patched }: Step, scope: Construct, count: number): Construct {
  const free = scope.node.tryFindChild(id) ? `${id}${count}` : id;
  if (kind === 'construct') return new Construct(scope, free);
  if (kind === 'chart') {
    const labels = named ? { team: 'a' } : undefined;
    return new Chart(scope, free, {
      namespace: named ? 'ns' : undefined,
      labels,
      disableResourceNameHashes: count % 5 === 0,
    });
  }
  const metadata = named ? { name: `object-${count}`, annotations: { note: '1' } } : undefined;
  const object = new ApiObject(scope, free, {
    apiVersion: 'v1',
    kind: `Kind${count % 3}`,
    metadata,
    spec: revive(value),
  });
  if (patched) object.addJsonPatch(JsonPatch.add('/added', { none: null, list: [] }));
  return object;
}

function revive(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(revive);
  if (typeof value !== 'object' || value === null) return value;
  const record = value as Record<string, unknown>;
  if (LAZY in record) return Lazy.any({ produce: () => revive(record[LAZY]) });
  if (TOKEN in record) return new SelfResolving(revive(record[TOKEN]));
  if (UNION in record) return new Union(record[UNION]);
  return Object.fromEntries(Object.entries(record).map(([name, inner]) => [name, revive(inner)]));
}

class SelfResolving {
  public constructor(private readonly known: unknown) {}

  public resolve(): unknown {
    return this.known;
  }
}

class Union {
  public constructor(public readonly value: unknown) {}
}

/** What a call answered or threw. */
export interface Result<T> {
  readonly value?: T;
  readonly error?: string;
}

/** What a synthesis threw, and the files with their documents that it left behind. */
export function outcomeOf(App: new (props: AppProps) => StockApp, program: Topology): Result<unknown> {
  const outdir = mkdtempSync(path.join(tmpdir(), 'topology-'));
  try {
    const { error } = resultOf(() => build(new App({ ...program.props, outdir }), program).synth());
    return { error, value: filesIn(outdir) };
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

export function resultOf<T>(run: () => T): Result<T> {
  try {
    return { value: run() };
  } catch (error) {
    // cdk8s runs in circles when constructs depend on each other in a circle that it does not see.
    return { error: error instanceof RangeError ? 'Error: Dependency cycle detected: endless' : String(error) };
  }
}

function filesIn(folder: string, below = ''): Record<string, unknown> {
  return Object.fromEntries(
    readdirSync(path.join(folder, below)).flatMap((name) => {
      const file = path.join(below, name);
      if (statSync(path.join(folder, file)).isDirectory())
        return [[file, {}], ...Object.entries(filesIn(folder, file))];
      const content = readFileSync(path.join(folder, file), 'utf8');
      return [[file, name.endsWith('.json') ? content : documentsIn(content)]];
    }),
  );
}

/** Documents with the order of their keys. */
export function documentsIn(content: string): string[] {
  return parseAllDocuments(content, { version: '1.1' }).map((document) => {
    if (document.errors.length > 0) throw document.errors[0]!;
    return ordered(document.toJS({ mapAsMap: true }));
  });
}

function ordered(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) => (inner instanceof Map ? { map: [...inner] } : inner));
}
