import { closeSync, openSync, writeFileSync } from 'node:fs';
import type { ApiObject } from 'cdk8s';
import { writeJson, writeObject } from './object-document';
import { YamlWriter } from './yaml-writer';

/** How much is held in JavaScript's heap before it moves out. */
const MOST_PARTS = 20_000;

/** Documents of one YAML stream. */
export class ManifestText {
  private readonly writer = new YamlWriter();
  private readonly chunks: Buffer[] = [];
  private empty = true;

  /** Whether no document was added. */
  public get isEmpty(): boolean {
    return this.empty;
  }

  public addObject(object: ApiObject): void {
    this.separate();
    writeObject(object, this.writer);
  }

  public addJson(json: unknown): void {
    this.separate();
    writeJson(json, this.writer);
  }

  public write(file: string): void {
    if (this.chunks.length === 0) return writeFileSync(file, this.rest(), 'utf8');
    const descriptor = openSync(file, 'w');
    try {
      for (const chunk of this.chunks) writeFileSync(descriptor, chunk);
      writeFileSync(descriptor, this.rest(), 'utf8');
    } finally {
      closeSync(descriptor);
    }
  }

  public toString(): string {
    return this.chunks.map((chunk) => chunk.toString('utf8')).join('') + this.rest();
  }

  private separate(): void {
    if (this.writer.size >= MOST_PARTS) this.flush();
    if (!this.empty) this.writer.append('\n---');
    this.empty = false;
  }

  private flush(): void {
    this.chunks.push(Buffer.from(this.take(), 'utf8'));
  }

  /** All that has not been moved out. */
  private rest(): string {
    return this.empty ? '' : `${this.take()}\n`;
  }

  private take(): string {
    const text = this.writer.take();
    // Each line begins with its break, but for the first.
    return this.chunks.length === 0 ? text.slice(1) : text;
  }
}
