import { readFile } from 'node:fs/promises';
import { parseDocument, type DocumentDefinition } from 'agentyard/contract';
import { localPath, type LocalOverlay } from './local-overlay.js';

/** Environment variable that names the runtime's document. */
export const DOCUMENT_VARIABLE = 'AGENTYARD_DOCUMENT';

type SchemaOf<D> = D extends DocumentDefinition<infer S> ? S : never;
export type DocumentOf<D extends DocumentDefinition> = SchemaOf<D>['_zod']['output'];

/** The mounted document of a runtime. */
export class DocumentFile<D extends DocumentDefinition> {
  public readonly path: string;
  private text = '';
  private newerText: () => string | undefined = () => undefined;

  public constructor(
    private readonly definition: D,
    overlay: LocalOverlay | undefined,
    environment: NodeJS.ProcessEnv = process.env,
  ) {
    this.path = localPath(environment[DOCUMENT_VARIABLE] ?? `/etc/agentyard/${definition.file}`, overlay);
  }

  /** @throws ContractError with every fault, Error when the file cannot be read */
  public async read(): Promise<DocumentOf<D>> {
    this.text = await this.currentText();
    return parseDocument(this.definition, this.text);
  }

  /** Takes the text from elsewhere, where it is known earlier than the mounted file shows it. */
  public prefer(source: () => string | undefined): void {
    this.newerText = source;
  }

  /**
   * Reads the document again every `intervalMs`, and passes it on when its text differs from the one last read
   * (so a ConfigMap's symlink swap is seen). A wrong one, or a file that cannot be read, is reported to `onError`
   * once and changes nothing.
   *
   * @returns stops the watch
   */
  public watch(
    onChange: (document: DocumentOf<D>) => Promise<void> | void,
    onError: (error: Error) => void,
    intervalMs = 1000,
  ): () => void {
    let reported: string | undefined;
    let stopped = false;
    const look = async (): Promise<void> => {
      try {
        const document = await this.readIfChanged();
        reported = undefined;
        if (document !== undefined && !stopped) await onChange(document);
      } catch (error) {
        const fault = error as Error;
        if (fault.message !== reported) onError(fault);
        reported = fault.message;
      }
      if (!stopped) timer = setTimeout(() => void look(), intervalMs).unref();
    };
    let timer = setTimeout(() => void look(), intervalMs).unref();
    return () => {
      stopped = true;
      clearTimeout(timer);
    };
  }

  private async readIfChanged(): Promise<DocumentOf<D> | undefined> {
    const text = await this.currentText();
    if (text === this.text) return undefined;
    this.text = text;
    return parseDocument(this.definition, text);
  }

  private async currentText(): Promise<string> {
    return this.newerText() ?? readFile(this.path, 'utf8');
  }
}
