import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  ApiObject,
  App as StockApp,
  Chart,
  Helm,
  Include,
  JsonPatch,
  Lazy,
  Testing,
  YamlOutputType,
  type ResolutionContext,
} from 'cdk8s';
import * as kplus from 'cdk8s-plus-29';
import { Agent, App, AppId, Model, Prompt } from 'agentyard';
import { parseAllDocuments } from 'yaml';
import { configMap, expectAsStock, twoChartsAndOneWithin, written, type Program } from '../lib/app-files';
import { silenceWarnings } from './silence-warnings';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'app-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Sets a variable of the environment for one test. */
function withEnvironment(name: string, value: string, run: () => void): void {
  const before = process.env[name];
  process.env[name] = value;
  try {
    run();
  } finally {
    if (before === undefined) delete process.env[name];
    else process.env[name] = before;
  }
}

describe('the options of an App', () => {
  it.each([
    [YamlOutputType.FILE_PER_APP, ['app.k8s.yaml']],
    [
      YamlOutputType.FILE_PER_CHART,
      ['0000-front-within-c8c46256.k8s.yaml', '0001-back.k8s.yaml', '0002-front.k8s.yaml', '0003-empty.k8s.yaml'],
    ],
    [
      YamlOutputType.FILE_PER_RESOURCE,
      ['ConfigMap.back-store.k8s.yaml', 'ConfigMap.front-within-inner-c885a1d5.k8s.yaml', 'ConfigMap.page.k8s.yaml'],
    ],
    [
      YamlOutputType.FOLDER_PER_CHART_FILE_PER_RESOURCE,
      [
        '0000-front-within-c8c46256/ConfigMap.front-within-inner-c885a1d5.k8s.yaml',
        '0001-back/ConfigMap.back-store.k8s.yaml',
        '0002-front/ConfigMap.page.k8s.yaml',
      ],
    ],
  ])('divides the output as yamlOutputType %s says', (yamlOutputType, names) => {
    expect(Object.keys(expectAsStock(twoChartsAndOneWithin, { yamlOutputType }))).toEqual(names);
  });

  it('writes into outdir, CDK8S_OUTDIR or dist, with the file extension that is asked for', () => {
    withEnvironment('CDK8S_OUTDIR', path.join(folder, 'from-environment'), () => {
      const app = new App({ outputFileExtension: '.yml' });
      new Chart(app, 'chart');
      app.synth();
      expect(readdirSync(path.join(folder, 'from-environment'))).toEqual(['chart.yml']);
      expect(new App({ outdir: 'given' }).outdir).toBe('given');
    });
    withEnvironment('CDK8S_OUTDIR', '', () => {
      delete process.env.CDK8S_OUTDIR;
      expect(new App().outdir).toBe('dist');
    });
  });

  it('replaces its files and leaves others alone', () => {
    writeFileSync(path.join(folder, 'chart.k8s.yaml'), 'a longer text that was here before\n'.repeat(10));
    writeFileSync(path.join(folder, 'other.k8s.yaml'), 'kept');
    const app = new App({ outdir: folder });
    configMap(new Chart(app, 'chart'), 'one', { metadata: { name: 'one' } });
    app.synth();
    expect(readFileSync(path.join(folder, 'chart.k8s.yaml'), 'utf8')).toBe(
      'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: one\n',
    );
    expect(readFileSync(path.join(folder, 'other.k8s.yaml'), 'utf8')).toBe('kept');
  });

  it('records where objects come from, by its prop or CDK8S_RECORD_CONSTRUCT_METADATA', () => {
    const files = expectAsStock(twoChartsAndOneWithin, { recordConstructMetadata: true });
    expect(JSON.parse(files['construct-metadata.json']!)).toMatchObject({
      resources: { page: { path: 'front/page' } },
    });
    withEnvironment('CDK8S_RECORD_CONSTRUCT_METADATA', 'true', () => {
      expect(expectAsStock(twoChartsAndOneWithin)).toHaveProperty(['construct-metadata.json']);
      expect(expectAsStock(twoChartsAndOneWithin, { recordConstructMetadata: false })).not.toHaveProperty([
        'construct-metadata.json',
      ]);
    });
  });

  it('asks resolvers of the program before its own', () => {
    const shouting = {
      resolve(context: ResolutionContext): void {
        if (context.key.includes('data') && typeof context.value === 'string' && /[a-z]/.test(context.value)) {
          context.replaceValue(context.value.toUpperCase());
        }
      },
    };
    const program: Program = (app) => {
      const late = Lazy.any({ produce: () => 'late' });
      configMap(new Chart(app, 'chart'), 'one', {
        metadata: { annotations: { a: 'quiet' } },
        data: { a: 'loud', b: late },
      });
    };
    const files = expectAsStock(program, { resolvers: [shouting] });
    expect(files['chart.k8s.yaml']).toContain('a: quiet');
    expect(files['chart.k8s.yaml']).toContain('a: LOUD\n  b: LATE');
  });

  it('keeps the order of keys when CDK8S_DISABLE_SORT asks for it', () => {
    withEnvironment('CDK8S_DISABLE_SORT', '1', () => {
      const files = expectAsStock((app) =>
        configMap(new Chart(app, 'chart'), 'one', { z: { b: 1, a: null, '2': 3 }, data: {} }),
      );
      expect(files['chart.k8s.yaml']).toMatch(/z:\n {2}"2": 3\n {2}b: 1\ndata: \{\}\n$/);
    });
  });
});

describe('any program of cdk8s', () => {
  it('keeps what objects and charts render in ways of their own', () => {
    class Stamped extends ApiObject {
      public override toJson(): unknown {
        return { ...super.toJson(), stamp: undefined, shared: [SHARED, SHARED] };
      }
    }
    class Silent extends ApiObject {
      public override toJson(): unknown {
        return undefined;
      }
    }
    class Reversed extends Chart {
      public override toJson(): any[] {
        return super.toJson().reverse();
      }
    }
    const SHARED = { same: true };
    const program: Program = (app) => {
      const chart = new Reversed(app, 'chart');
      configMap(chart, 'first');
      new Stamped(chart, 'stamped', { apiVersion: 'v1', kind: 'ConfigMap' });
      new Silent(new Chart(app, 'silent'), 'silent', { apiVersion: 'v1', kind: 'ConfigMap' });
    };
    const [ours, stock] = [App, StockApp].map((Type) => written(Type, program));
    const read = (text: string) => parseAllDocuments(text).map((document) => document.toJS() as unknown);
    expect(read(ours!['chart.k8s.yaml']!)).toEqual(read(stock!['chart.k8s.yaml']!));
    expect(read(ours!['chart.k8s.yaml']!)).toHaveLength(2);
    expect(ours!['silent.k8s.yaml']).toBe(stock!['silent.k8s.yaml']);
  });

  it('applies patches, and drops what has no value', () => {
    const files = expectAsStock((app) => {
      const chart = new Chart(app, 'chart');
      const patched = configMap(chart, 'patched', { spec: { a: 1, gone: null, kept: [null, {}, []] } });
      patched.addJsonPatch(
        JsonPatch.add('/spec/none', null),
        JsonPatch.remove('/spec/a'),
        JsonPatch.add('/added', [1]),
      );
      patched.metadata.addLabel('late', 'yes');
      patched.metadata.add('generateName', 'x-');
      configMap(chart, 'filled', { metadata: { annotations: {}, finalizers: [], labels: { a: 'b' } }, spec: {} });
    });
    expect(files['chart.k8s.yaml']).toContain('kept:\n    - null\n    - {}\n    - []\n  none: null\nadded:');
  });

  it('takes cdk8s-plus', () => {
    expectAsStock((app) => {
      const chart = new Chart(app, 'chart', { namespace: 'web' });
      const config = new kplus.ConfigMap(chart, 'config', { data: { 'a.conf': 'listen 80;\nroot /srv;\n' } });
      const deployment = new kplus.Deployment(chart, 'web', { containers: [{ image: 'nginx', portNumber: 80 }] });
      deployment.containers[0]!.mount('/conf', kplus.Volume.fromConfigMap(chart, 'volume', config));
      const service = deployment.exposeViaService();
      new kplus.Ingress(chart, 'ingress').addRule('/', kplus.IngressBackend.fromService(service));
      deployment.connections.allowFrom(new kplus.Deployment(chart, 'client', { containers: [{ image: 'client' }] }));
    });
  });

  it('takes Include and Helm', () => {
    const manifest = path.join(folder, 'manifest.yaml');
    writeFileSync(manifest, 'apiVersion: v1\nkind: Secret\nmetadata:\n  name: s\ndata:\n  a: "yes"\n  b: 0755\n---\n');
    const helm = path.join(folder, 'helm');
    writeFileSync(helm, `#!/bin/sh\necho 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: from-helm}'`, {
      mode: 0o755,
    });
    const files = expectAsStock((app) => {
      const chart = new Chart(app, 'chart');
      const include = new Include(chart, 'include', { url: manifest });
      configMap(chart, 'after').addDependency(include);
      new Helm(chart, 'helm', { chart: 'any', helmExecutable: helm });
    });
    expect(files['chart.k8s.yaml']).toContain('name: from-helm');
    expect(files['chart.k8s.yaml']).toContain('b: 493');
  });

  it('leaves objects to a cdk8s that renders them otherwise than it did', async () => {
    await jest.isolateModulesAsync(async () => {
      const cdk8s = await import('cdk8s');
      const { App: FreshApp } = await import('agentyard');
      const { toJson } = Object.getOwnPropertyDescriptors(cdk8s.ApiObject.prototype);
      cdk8s.ApiObject.prototype.toJson = function () {
        return { ...(toJson.value as () => object).call(this), newer: true };
      };
      const app = new FreshApp();
      new cdk8s.ApiObject(new cdk8s.Chart(app, 'chart'), 'one', { apiVersion: 'v1', kind: 'ConfigMap' });
      expect(app.synthYaml()).toMatch(/\nnewer: true\n$/);
    });
  });

  it('writes the same when it is synthesized again', () => {
    const app = new App({ outdir: folder });
    twoChartsAndOneWithin(app);
    app.synth();
    const files = () => readdirSync(folder).map((name) => readFileSync(path.join(folder, name), 'utf8'));
    const first = files();
    app.synth();
    expect(files()).toEqual(first);
    expect(first).toHaveLength(4);
  });

  it('renders a chart alone, as tests do', () => {
    const app = new App({ outdir: folder });
    const chart = new Chart(app, 'chart');
    configMap(chart, 'one', { metadata: { name: 'one' } });
    expect(Testing.synth(chart)).toEqual([{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'one' } }]);
  });

  describe('with constructs of this library', () => {
    silenceWarnings();

    it('writes the same under both Apps', () => {
      const files = expectAsStock((app) => {
        AppId.of('support').applyTo(app);
        const chart = new Chart(app, 'agents', { namespace: 'agents' });
        const support = new Agent(chart, 'support', {
          prompt: Prompt.fromText('You help.\n\nBe brief: "yes" or "no".'),
          model: Model.scripted([{ say: 'yes' }]),
        });
        support.node.addDependency(configMap(chart, 'first'));
      });
      expect(files['agents.k8s.yaml']).toMatch(/^apiVersion: v1\nkind: ConfigMap\nmetadata:\n {2}name: agents-first/);
    });
  });
});
