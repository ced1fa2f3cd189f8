import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { stringify } from 'yaml';
import { manifestFolders } from '../cluster/manifests';
import { programs, synthesize } from '../cluster/programs';
import { checkov } from '../linters/checkov';
import { EXCEPTIONS, isAbout } from '../linters/exceptions';
import type { Finding, Linter } from '../linters/finding';
import { kubeScore } from '../linters/kube-score';

const GOLDEN = path.join(__dirname, '../apps/golden');
/** What has to be installed and compiled first takes minutes on a bare machine. */
const INSTALLATION = 600_000;

jest.setTimeout(INSTALLATION);

let linters: readonly Linter[];
let temporary: string;

beforeAll(() => {
  temporary = mkdtempSync(path.join(tmpdir(), 'linters-'));
  linters = [checkov(), kubeScore()];
});
afterAll(() => rmSync(temporary, { recursive: true, force: true }));

/** The folders of all golden manifests, and of what apps and examples are synthesized to. */
function allFolders(): Map<string, string> {
  const golden = manifestFolders(GOLDEN).map((folder): [string, string] => [
    `golden/${path.relative(GOLDEN, folder)}`,
    folder,
  ]);
  const synthesized = programs().map((program, i): [string, string] => {
    const folder = path.join(temporary, String(i));
    synthesize(program, folder);
    return [`${program.file} ${Object.values(program.environment).join(' ')}`, folder];
  });
  return new Map([...golden, ...synthesized]);
}

async function judge(folder: string): Promise<Finding[]> {
  return (await Promise.all(linters.map((linter) => linter.judge(folder)))).flat();
}

/** As many folders at once as there are processors. */
async function judgeAll(folders: readonly [name: string, folder: string][]): Promise<[name: string, Finding[]][]> {
  if (folders.length === 0) return [];
  const [some, rest] = [folders.slice(0, availableParallelism()), folders.slice(availableParallelism())];
  const judged = await Promise.all(
    some.map(async ([name, folder]): Promise<[string, Finding[]]> => [name, await judge(folder)]),
  );
  return [...judged, ...(await judgeAll(rest))];
}

it('published linters find nothing in the manifests of all apps and examples but what is argued away', async () => {
  const unexpected: string[] = [];
  const unused = new Set(EXCEPTIONS);
  for (const [name, findings] of await judgeAll([...allFolders()])) {
    for (const finding of findings) {
      const exceptions = EXCEPTIONS.filter((exception) => isAbout(exception, finding, name));
      exceptions.forEach((exception) => unused.delete(exception));
      const { tool, check, object, message } = finding;
      if (exceptions.length === 0) unexpected.push(`${name}: ${object}: ${message} (${tool} ${check})`);
    }
  }
  expect(unexpected).toEqual([]);
  expect([...unused].map(({ tool, check }) => `${tool} ${check}`)).toEqual([]);
});

it('published linters find what is wrong with a pod', async () => {
  const folder = path.join(temporary, 'bad');
  mkdirSync(folder);
  const labels = { app: 'bad' };
  const main = { name: 'main', image: 'main:latest', securityContext: { privileged: true } };
  const bad = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'bad', namespace: 'default' },
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { hostNetwork: true, containers: [main] } },
    },
  };
  writeFileSync(path.join(folder, 'bad.k8s.yaml'), stringify(bad));
  const found = (await judge(folder)).map(({ tool, check, object }) => `${tool} ${check} ${object}`);
  expect(found).toEqual(
    expect.arrayContaining([
      'checkov CKV_K8S_16 Deployment default/bad',
      'checkov CKV_K8S_19 Deployment default/bad',
      'checkov CKV2_K8S_6 Pod default/bad.app-bad',
      'kube-score container-security-context-privileged Deployment default/bad',
      'kube-score pod-networkpolicy Deployment default/bad',
      'kube-score container-resources Deployment default/bad',
    ]),
  );
});
