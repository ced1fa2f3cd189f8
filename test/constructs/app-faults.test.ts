import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Chart, Lazy } from 'cdk8s';
import { App } from 'agentyard';
import { configMap, expectAsStock, failureAsStock, messageOf, written, type Program } from '../lib/app-files';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'app-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('what an App asks of a program, and what it says when that fails', () => {
  it('asks each validation and each lazy value once', () => {
    const asked: string[] = [];
    const app = new App({ outdir: folder });
    for (const id of ['a', 'b', 'c']) {
      const chart = new Chart(app, id);
      chart.node.addValidation({ validate: () => (asked.push(`validation ${id}`), []) });
      configMap(chart, 'one', { data: { late: Lazy.any({ produce: () => (asked.push(`value ${id}`), '1') }) } });
    }
    app.synth();
    expect(asked).toEqual([
      ...['a', 'b', 'c'].map((id) => `validation ${id}`),
      ...['a', 'b', 'c'].map((id) => `value ${id}`),
    ]);
  });

  it('asks lazy values in the order of the program, whatever the order of keys', () => {
    const files = expectAsStock((app) => {
      let count = 0;
      const next = () => Lazy.any({ produce: () => ++count });
      configMap(new Chart(app, 'chart'), 'one', { z: { y: next(), b: next() }, a: [next(), { d: next(), c: next() }] });
    });
    expect(files['chart.k8s.yaml']).toContain('a:\n  - 3\n  - c: 5\n    d: 4\nz:\n  b: 2\n  "y": 1\n');
  });

  it('lists all faults of all constructs, and writes nothing', () => {
    const program: Program = (app) => {
      for (const id of ['a', 'b']) {
        const chart = new Chart(app, id);
        configMap(chart, 'one').node.addValidation({ validate: () => ['no port', 'no host'] });
      }
    };
    expect(failureAsStock(program)).toBe(
      'Validation failed with the following errors:\n  [a/one] no port\n  [a/one] no host\n  [b/one] no port\n  [b/one] no host',
    );
    const outdir = path.join(folder, 'nothing');
    const app = new App({ outdir });
    program(app);
    expect(() => app.synth()).toThrow();
    expect(readdirSync(outdir)).toEqual([]);
  });

  it('writes and validates what a validation adds', () => {
    const adding = (fault: string[]): Program => {
      return (app) => {
        const chart = new Chart(app, 'chart');
        chart.node.addValidation({
          validate: () => {
            if (chart.node.tryFindChild('added')) return [];
            configMap(chart, 'added').node.addValidation({ validate: () => fault });
            return [];
          },
        });
      };
    };
    expect(expectAsStock(adding([]))['chart.k8s.yaml']).toContain('name: chart-added');
    expect(() => written(App, adding(['too late']))).toThrow('[chart/added] too late');
  });

  it('says which object failed, as cdk8s does, and has written the charts before it', () => {
    const program: Program = (app) => {
      configMap(new Chart(app, 'a'), 'fine');
      const chart = new Chart(app, 'b');
      configMap(chart, 'fine');
      const fail = (): never => {
        throw new TypeError('not known yet');
      };
      configMap(chart, 'broken', { data: { late: Lazy.any({ produce: fail }) } });
    };
    const outdir = path.join(folder, 'partly');
    const app = new App({ outdir });
    program(app);
    const message = messageOf(() => app.synth());
    expect(message).toMatch(
      /^Failed serializing construct at path 'b\/broken' with name 'b-broken-\w+': TypeError: not known yet$/,
    );
    expect(message).toBe(failureAsStock(program));
    expect(readdirSync(outdir)).toEqual(['a.k8s.yaml']);
  });

  it.each([
    ['a class', { at: new Date(0) }],
    ['a class of the program', { at: new (class Port {})() }],
  ])('refuses %s for a value, as cdk8s does', (_, data) => {
    const program: Program = (app) => configMap(new Chart(app, 'chart'), 'one', { data });
    expect(failureAsStock(program)).toContain("can't render non-simple object of type");
  });
});
