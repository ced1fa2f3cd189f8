import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { App } from 'cdk8s';
import { addChart, ManifestFiles, type ManifestPart } from './manifest-files';
import { ManifestText } from './manifest-text';
import { linkedCharts, OrderedApp } from './ordered-app';
import { validateConstructs } from './validation';

const DEFINITION = 'CustomResourceDefinition';

/** A cluster takes objects of a kind only when it knows the kind, so these are applied one after the other. */
const APART: readonly ManifestPart[] = [
  { folder: 'crds', holds: (kind) => kind === DEFINITION },
  { folder: 'platform', holds: (kind) => kind !== DEFINITION },
];

/** Writes what cdk8s writes for an app, in time that grows as its content does. */
export class AppSynthesizer {
  public constructor(private readonly app: App) {}

  /** Writes all manifests into the app's directory. @param separateCrds definitions of kinds into a folder of their own */
  public writeFiles(separateCrds = false): void {
    mkdirSync(this.app.outdir, { recursive: true });
    validateConstructs(this.app);
    const ordered = new OrderedApp(this.app);
    for (const part of separateCrds ? APART : [undefined]) new ManifestFiles(this.app, ordered, part).write();
  }

  /** Writes the path of the construct that each object comes from, by the object's name. */
  public writeConstructMetadata(): void {
    const ordered = new OrderedApp(this.app);
    const objects = ordered.charts.flatMap((chart) => ordered.objectsOf(chart));
    const resources = Object.fromEntries(objects.map(({ name, node }) => [name, { path: node.path }]));
    const file = path.join(this.app.outdir, 'construct-metadata.json');
    writeFileSync(file, JSON.stringify({ version: '1.0.0', resources }));
  }

  /** All manifests as one stream of YAML documents. */
  public yaml(): string {
    // As in cdk8s, what stands in no chart is reported before what is invalid.
    linkedCharts(this.app);
    validateConstructs(this.app);
    const text = new ManifestText();
    const ordered = new OrderedApp(this.app);
    for (const chart of ordered.charts) addChart(text, chart, ordered);
    return text.toString();
  }
}
