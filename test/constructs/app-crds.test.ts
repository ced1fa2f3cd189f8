import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ApiObject, Chart, YamlOutputType } from 'cdk8s';
import { App } from 'agentyard';
import { parseAllDocuments } from 'yaml';

let folder: string;
beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), 'crds-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const definition = (scope: Chart, id: string) =>
  new ApiObject(scope, id, {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${id}.example.com` },
  });
const task = (scope: Chart, name: string) =>
  new ApiObject(scope, name, { apiVersion: 'example.com/v1', kind: 'Task', metadata: { name } });

/** A chart of both, one of definitions alone, one of objects alone, and an empty one. */
function program(app: App): void {
  const mixed = new Chart(app, 'mixed');
  task(mixed, 'first');
  definition(mixed, 'tasks');
  const definitions = new Chart(app, 'definitions');
  definition(definitions, 'agents');
  task(new Chart(app, 'objects'), 'second').addDependency(definitions);
  new Chart(app, 'empty');
}

/** What each file holds, as `<kind> <name>`. */
function written(yamlOutputType: YamlOutputType, build = program): Record<string, string[]> {
  const app = new App({ outdir: folder, separateCrds: true, yamlOutputType });
  build(app);
  app.synth();
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.yaml'));
  return Object.fromEntries(
    files.sort().map((file) => {
      const objects = parseAllDocuments(readFileSync(path.join(folder, file), 'utf8')).map((each) => each.toJS());
      return [file, objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`)];
    }),
  );
}

const TASKS = 'CustomResourceDefinition tasks.example.com';
const AGENTS = 'CustomResourceDefinition agents.example.com';

describe('an app with separateCrds', () => {
  it.each<[YamlOutputType, Record<string, string[]>]>([
    [
      YamlOutputType.FILE_PER_APP,
      { 'crds/app.k8s.yaml': [TASKS, AGENTS], 'platform/app.k8s.yaml': ['Task first', 'Task second'] },
    ],
    [
      YamlOutputType.FILE_PER_CHART,
      {
        'crds/0000-mixed.k8s.yaml': [TASKS],
        'crds/0001-definitions.k8s.yaml': [AGENTS],
        'platform/0000-mixed.k8s.yaml': ['Task first'],
        'platform/0002-objects.k8s.yaml': ['Task second'],
      },
    ],
    [
      YamlOutputType.FILE_PER_RESOURCE,
      {
        'crds/CustomResourceDefinition.agents.example.com.k8s.yaml': [AGENTS],
        'crds/CustomResourceDefinition.tasks.example.com.k8s.yaml': [TASKS],
        'platform/Task.first.k8s.yaml': ['Task first'],
        'platform/Task.second.k8s.yaml': ['Task second'],
      },
    ],
    [
      YamlOutputType.FOLDER_PER_CHART_FILE_PER_RESOURCE,
      {
        'crds/0000-mixed/CustomResourceDefinition.tasks.example.com.k8s.yaml': [TASKS],
        'crds/0001-definitions/CustomResourceDefinition.agents.example.com.k8s.yaml': [AGENTS],
        'platform/0000-mixed/Task.first.k8s.yaml': ['Task first'],
        'platform/0002-objects/Task.second.k8s.yaml': ['Task second'],
      },
    ],
  ])('writes definitions of kinds and all else into folders of their own: %s', (yamlOutputType, files) => {
    expect(written(yamlOutputType)).toEqual(files);
  });

  it('asks a chart that renders itself in a way of its own', () => {
    class Reversed extends Chart {
      public override toJson(): any[] {
        return super.toJson().reverse();
      }
    }
    const files = written(YamlOutputType.FILE_PER_CHART, (app) => {
      const chart = new Reversed(app, 'chart');
      task(chart, 'one');
      definition(chart, 'tasks');
      task(chart, 'two');
    });
    expect(files).toEqual({
      'crds/chart.k8s.yaml': [TASKS],
      'platform/chart.k8s.yaml': ['Task two', 'Task one'],
    });
  });

  it('without definitions has no folder for them', () => {
    const files = written(YamlOutputType.FILE_PER_CHART, (app) => task(new Chart(app, 'chart'), 'one'));
    expect(files).toEqual({ 'platform/chart.k8s.yaml': ['Task one'] });
    expect(readdirSync(folder)).toEqual(['platform']);
  });

  it('gives all of it as one text, as any app does', () => {
    const app = new App({ separateCrds: true });
    program(app);
    expect(app.synthYaml().match(/^kind: \w+/gm)).toHaveLength(4);
  });
});
