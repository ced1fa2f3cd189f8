import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Chart, Names, YamlOutputType, type App } from 'cdk8s';
import { ManifestText } from './manifest-text';
import { linkedCharts, OrderedApp } from './ordered-app';
import { validateConstructs } from './validation';

/** Writes what cdk8s writes for an app, in time that grows as its content does. */
export class AppSynthesizer {
  public constructor(private readonly app: App) {}

  /** Writes all manifests into the app's directory. */
  public writeFiles(): void {
    mkdirSync(this.app.outdir, { recursive: true });
    validateConstructs(this.app);
    const ordered = new OrderedApp(this.app);
    switch (this.app.yamlOutputType) {
      case YamlOutputType.FILE_PER_APP:
        return this.writeOne(ordered);
      case YamlOutputType.FILE_PER_CHART:
        return this.writeCharts(ordered);
      case YamlOutputType.FILE_PER_RESOURCE:
        return this.writeResources(ordered);
      case YamlOutputType.FOLDER_PER_CHART_FILE_PER_RESOURCE:
        return this.writeFolders(ordered);
    }
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
    this.addAll(text, new OrderedApp(this.app));
    return text.toString();
  }

  private writeOne(ordered: OrderedApp): void {
    if (ordered.charts.length === 0) return;
    const text = new ManifestText();
    this.addAll(text, ordered);
    text.write(this.file(this.app.outdir, 'app'));
  }

  private writeCharts(ordered: OrderedApp): void {
    ordered.charts.forEach((chart, index) => {
      const text = new ManifestText();
      addChart(text, chart, ordered);
      text.write(this.file(this.app.outdir, chartName(chart, index, ordered)));
    });
  }

  private writeResources(ordered: OrderedApp): void {
    for (const chart of ordered.charts) {
      // The whole chart first: when an object of it fails, none of it is written.
      for (const manifest of manifestsOf(chart, ordered)) {
        if (manifest !== undefined) this.writeResource(this.app.outdir, manifest, manifest);
      }
    }
  }

  private writeFolders(ordered: OrderedApp): void {
    ordered.charts.forEach((chart, index) => {
      const folder = path.join(this.app.outdir, chartName(chart, index, ordered));
      mkdirSync(folder, { recursive: true });
      for (const object of ordered.objectsOf(chart)) this.writeResource(folder, object, object.toJson());
    });
  }

  private writeResource(folder: string, { kind, metadata }: Named, manifest: unknown): void {
    const text = new ManifestText();
    text.addJson(manifest);
    text.write(this.file(folder, `${kind}.${metadata.name}`.replace(/[^0-9a-zA-Z-_.]/g, '')));
  }

  private addAll(text: ManifestText, ordered: OrderedApp): void {
    for (const chart of ordered.charts) addChart(text, chart, ordered);
  }

  private file(folder: string, name: string): string {
    return path.join(folder, name + this.app.outputFileExtension);
  }
}

/** What the file of one object is named after. */
interface Named {
  readonly kind: string;
  readonly metadata: { readonly name?: string };
}

/** A chart that renders itself in a way of its own is asked. */
function isUsual(chart: Chart): boolean {
  return chart.toJson === Chart.prototype.toJson;
}

function manifestsOf(chart: Chart, ordered: OrderedApp): (Named | undefined)[] {
  if (!isUsual(chart)) return Object.values(chart.toJson()) as Named[];
  return ordered.objectsOf(chart).map((object) => object.toJson() as Named);
}

function addChart(text: ManifestText, chart: Chart, ordered: OrderedApp): void {
  if (isUsual(chart)) for (const object of ordered.objectsOf(chart)) text.addObject(object);
  else for (const manifest of Object.values(chart.toJson())) text.addJson(manifest);
}

/** Name of a chart's file or folder; numbered when the order matters. */
function chartName(chart: Chart, index: number, { chartsDepend }: OrderedApp): string {
  const name = Names.toDnsLabel(chart);
  return chartsDepend ? `${String(index).padStart(4, '0')}-${name}` : name;
}
