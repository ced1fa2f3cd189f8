import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { Manifests } from '../src/dev/manifests';
import { BUILT_IN_KINDS, INSTALLED_KINDS, kindOf, POD_KINDS } from '../src/prune/pruned-kinds';
import { runPrune, type PruneOptions } from '../src/prune/run';
import { goldenFolder, ManifestFolders } from './fixtures/manifest-folder';

let folders: ManifestFolders;
beforeAll(async () => {
  folders = await ManifestFolders.open();
});
afterAll(() => folders.close());

/** What the command prints for a folder. */
async function printed(manifestsDirectory: string, flags: Partial<PruneOptions> = {}) {
  const told = { output: '', errors: '' };
  const terminal = {
    out: (text: string) => void (told.output += text),
    err: (text: string) => void (told.errors += text),
    color: false,
  };
  const code = await runPrune({ manifestsDirectory, kind: [], ...flags }, terminal);
  return { code, ...told };
}

const object = (name: string, app: string | undefined, namespace = 'agents', kind = 'ConfigMap') => ({
  apiVersion: 'v1',
  kind,
  metadata: { name, namespace, ...(app !== undefined && { labels: { 'agentyard.dev/app': app } }) },
});
const KEDA = 'keda.sh/v1alpha1/ScaledObject';

describe('agentyard prune', () => {
  it('applies everything, then removes by label and by lists of kinds: what has pods, and when they are gone the rest', async () => {
    const folder = await folders.write('one', [object('a', 'shop'), object('own', undefined)]);
    const { code, output } = await printed(folder);
    expect(code).toBe(0);
    const list = (kinds: readonly string[]) => kinds.map((kind) => `  --prune-allowlist=${kind}`).join(' \\\n');
    const head = `kubectl apply -R -f ${folder} \\\n  --prune -l agentyard.dev/app=shop \\\n`;
    expect(output).toBe(
      [
        `kubectl apply -R -f ${folder} &&`,
        `${head}  --cascade=foreground \\\n${list(POD_KINDS)} &&`,
        `until [ -z "$(kubectl get deployments,statefulsets,cronjobs,jobs -A -l agentyard.dev/app=shop -o 'jsonpath={.items[*].metadata.deletionTimestamp}')" ]; do sleep 2; done &&`,
        `${head}${list(BUILT_IN_KINDS)}`,
        '',
      ].join('\n'),
    );
    expect(output).not.toMatch(/Namespace|CustomResourceDefinition|PersistentVolumeClaim/);
  });

  it('prints what docs/delivery.md shows', async () => {
    const folder = await folders.write('shown', [object('a', 'support-platform')]);
    const { output } = await printed(folder);
    const docs = await readFile(path.join(goldenFolder('fabric'), '../../../../docs/delivery.md'), 'utf8');
    expect(/```sh\n([^]*?)```/.exec(docs)?.[1]).toBe(output.replaceAll(folder, 'dist'));
  });

  it('has a command for each app of the manifests', async () => {
    const folder = await folders.write('two', [object('b', 'shop'), object('a', 'desk')]);
    const { output } = await printed(folder);
    expect([...new Set(output.match(/-l agentyard\.dev\/app=\w+/g))]).toEqual([
      '-l agentyard.dev/app=desk',
      '-l agentyard.dev/app=shop',
    ]);
  });

  it('lists kinds that are not in every cluster only where there are or were such', async () => {
    expect((await printed(goldenFolder('autoscaled-keda'))).output).toContain(`--prune-allowlist=${KEDA}`);
    expect((await printed(goldenFolder('fabric'))).output).not.toContain('ScaledObject');
    expect((await printed(goldenFolder('fabric'), { kind: [KEDA] })).output).toContain(`--prune-allowlist=${KEDA}`);
  });

  it('knows every kind that the constructs make', async () => {
    const known = [...POD_KINDS, ...BUILT_IN_KINDS, ...INSTALLED_KINDS];
    const goldens = await readdir(path.dirname(goldenFolder('fabric')));
    for (const golden of goldens) {
      const { objects } = await Manifests.load(goldenFolder(golden));
      const own = objects.filter(({ metadata }) => metadata.labels['agentyard.dev/app'] !== undefined);
      expect(own.length).toBeGreaterThan(0);
      expect(own.map(kindOf).filter((kind) => !known.includes(kind))).toEqual([]);
    }
  });

  describe('with definitions of kinds', () => {
    const definition = {
      ...object('tasks.example.com', undefined, undefined, 'CustomResourceDefinition'),
      apiVersion: 'apiextensions.k8s.io/v1',
      spec: { group: 'example.com', names: { kind: 'Task' } },
    };
    const task = { ...object('one', 'shop', 'agents', 'Task'), apiVersion: 'example.com/v1' };

    it('in a folder of their own, brings them in first and waits for them', async () => {
      const folder = await folders.write('apart/crds', [definition]);
      await folders.write('apart/platform', [task]);
      const { output } = await printed(path.dirname(folder));
      const platform = path.join(path.dirname(folder), 'platform');
      expect(output.split(' &&\n').slice(0, 3)).toEqual([
        `kubectl apply --server-side -R -f ${folder}`,
        `kubectl wait --for=condition=Established --timeout=60s -R -f ${folder}`,
        `kubectl apply -R -f ${platform}`,
      ]);
      expect(output.split(' &&\n').slice(3).join()).not.toContain(folder);
    });

    it('as an ApplySet, leaves them out of it', async () => {
      const folder = await folders.write('apart-set/crds', [definition]);
      await folders.write('apart-set/platform', [task]);
      const { output } = await printed(path.dirname(folder), { applyset: true });
      expect(output).toContain(
        `KUBECTL_APPLYSET=true kubectl apply -R -f ${path.join(path.dirname(folder), 'platform')} `,
      );
    });

    it('in one folder with objects of the kind, says how they come apart', async () => {
      const { code, output, errors } = await printed(await folders.write('together', [definition, task]));
      expect([code, output]).toEqual([1, '']);
      expect(errors).toContain('defines the kind Task and has objects of it');
      expect(errors).toContain('new App({ separateCrds: true })');
    });

    it('in one folder without objects of the kind, applies them with the rest', async () => {
      const folder = await folders.write('alone', [definition, object('a', 'shop')]);
      expect((await printed(folder)).output).toMatch(new RegExp(`^kubectl apply -R -f ${folder} &&`));
    });
  });

  it('quotes the folder for a shell', async () => {
    const folder = await folders.write("it's one", [object('a', 'shop')]);
    expect((await printed(folder)).output).toContain(`-f '${folder.replace("'", `'\\''`)}'`);
  });

  it('as an ApplySet, has a ConfigMap as parent in the one namespace, or the parent that is named', async () => {
    const one = await folders.write('set', [object('a', 'shop')]);
    expect((await printed(one, { applyset: true })).output).toBe(
      `KUBECTL_APPLYSET=true kubectl apply -R -f ${one} \\\n  --prune --applyset=configmaps/agentyard-shop --namespace=agents\n`,
    );
    const many = await folders.write('sets', [object('a', 'shop'), object('b', 'shop', 'tools')]);
    const refused = await printed(many, { applyset: true });
    expect([refused.code, refused.output]).toEqual([1, '']);
    expect(refused.errors).toContain('in several namespaces: agents, tools');
    const parent = 'sets.example.com/shop';
    expect((await printed(many, { parent })).output).toContain(`--prune --applyset=${parent}\n`);
  });

  it('prints nothing of the manifests that a shell would run', async () => {
    const label = await printed(await folders.write('label', [object('a', 'a; touch /tmp/x')]));
    expect([label.code, label.output]).toEqual([1, '']);
    expect(label.errors).toContain('which is no id of an app');
    const folder = await folders.write('namespace', [object('a', 'shop', 'n$(touch /tmp/x)')]);
    expect((await printed(folder, { applyset: true })).output).toContain("--namespace='n$(touch /tmp/x)'");
  });

  it('says what is wrong with manifests of no app, or of several for one ApplySet', async () => {
    const none = await printed(await folders.write('none', [object('a', undefined)]));
    expect([none.code, none.output]).toEqual([1, '']);
    expect(none.errors).toContain('no object carries the label agentyard.dev/app; give the app an id: new App({ id:');
    const two = await folders.write('both', [object('b', 'shop'), object('a', 'desk')]);
    expect((await printed(two, { applyset: true })).errors).toContain('are of several apps: desk, shop');
  });
});
