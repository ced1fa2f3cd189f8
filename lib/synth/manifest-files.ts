import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { Chart, Names, YamlOutputType, type App } from 'cdk8s';
import { ManifestText } from './manifest-text';
import type { OrderedApp } from './ordered-app';

/** Some of the objects of an app, which have a folder of their own. What would be empty is not written there. */
export interface ManifestPart {
  readonly folder: string;
  /** Whether objects of a kind are among them. */
  readonly holds: (kind: string) => boolean;
}

/** The files that an app's objects are divided into, as its `yamlOutputType` says. */
export class ManifestFiles {
  private readonly folder: string;

  /** @param part which objects are written, and where; absent: all, into the app's directory */
  public constructor(
    private readonly app: App,
    private readonly ordered: OrderedApp,
    private readonly part?: ManifestPart,
  ) {
    this.folder = part === undefined ? app.outdir : path.join(app.outdir, part.folder);
  }

  public write(): void {
    switch (this.app.yamlOutputType) {
      case YamlOutputType.FILE_PER_APP:
        return this.writeOne();
      case YamlOutputType.FILE_PER_CHART:
        return this.writeCharts();
      case YamlOutputType.FILE_PER_RESOURCE:
        return this.writeResources();
      case YamlOutputType.FOLDER_PER_CHART_FILE_PER_RESOURCE:
        return this.writeFolders();
    }
  }

  private writeOne(): void {
    const { ordered } = this;
    if (ordered.charts.length === 0) return;
    const text = new ManifestText();
    for (const chart of ordered.charts) addChart(text, chart, ordered, this.part);
    this.writeText(this.folder, 'app', text);
  }

  private writeCharts(): void {
    this.ordered.charts.forEach((chart, index) => {
      const text = new ManifestText();
      addChart(text, chart, this.ordered, this.part);
      this.writeText(this.folder, chartName(chart, index, this.ordered), text);
    });
  }

  private writeResources(): void {
    for (const chart of this.ordered.charts) {
      // The whole chart first: when an object of it fails, none of it is written.
      for (const manifest of this.manifestsOf(chart)) {
        if (manifest !== undefined) this.writeResource(this.folder, manifest, manifest);
      }
    }
  }

  private writeFolders(): void {
    this.ordered.charts.forEach((chart, index) => {
      const folder = path.join(this.folder, chartName(chart, index, this.ordered));
      if (this.part === undefined) mkdirSync(folder, { recursive: true });
      for (const object of this.ordered.objectsOf(chart)) {
        if (isHeld(object.kind, this.part)) this.writeResource(folder, object, object.toJson());
      }
    });
  }

  private manifestsOf(chart: Chart): (Named | undefined)[] {
    const manifests = isUsual(chart)
      ? this.ordered.objectsOf(chart).map((object) => object.toJson() as Named | undefined)
      : (Object.values(chart.toJson()) as (Named | undefined)[]);
    return manifests.filter((manifest) => isHeld(manifest?.kind, this.part));
  }

  private writeResource(folder: string, { kind, metadata }: Named, manifest: unknown): void {
    const text = new ManifestText();
    text.addJson(manifest);
    this.writeText(folder, `${kind}.${metadata.name}`.replace(/[^0-9a-zA-Z-_.]/g, ''), text);
  }

  private writeText(folder: string, name: string, text: ManifestText): void {
    if (this.part !== undefined) {
      if (text.isEmpty) return;
      mkdirSync(folder, { recursive: true });
    }
    text.write(path.join(folder, name + this.app.outputFileExtension));
  }
}

/** What the file of one object is named after. */
interface Named {
  readonly kind: string;
  readonly metadata: { readonly name?: string };
}

/** Adds the objects of a chart, or those of a part alone. */
export function addChart(text: ManifestText, chart: Chart, ordered: OrderedApp, part?: ManifestPart): void {
  if (isUsual(chart)) {
    for (const object of ordered.objectsOf(chart)) if (isHeld(object.kind, part)) text.addObject(object);
    return;
  }
  for (const manifest of Object.values(chart.toJson())) {
    if (isHeld((manifest as Named | undefined)?.kind, part)) text.addJson(manifest);
  }
}

function isHeld(kind: string | undefined, part: ManifestPart | undefined): boolean {
  return part === undefined || part.holds(kind ?? '');
}

/** A chart that renders itself in a way of its own is asked. */
function isUsual(chart: Chart): boolean {
  return chart.toJson === Chart.prototype.toJson;
}

/** Name of a chart's file or folder; numbered when the order matters. */
function chartName(chart: Chart, index: number, { chartsDepend }: OrderedApp): string {
  const name = Names.toDnsLabel(chart);
  return chartsDepend ? `${String(index).padStart(4, '0')}-${name}` : name;
}
