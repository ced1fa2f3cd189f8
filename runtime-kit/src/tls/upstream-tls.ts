import type { UpstreamTls as UpstreamTlsConfig } from 'agentyard/contract';
import { createDispatcher, type Dispatcher } from '../dispatcher.js';
import { localPath, type LocalOverlay } from '../local-overlay.js';
import { certificatesOf, checkKeyPair } from './pem.js';
import { ReloadedFiles, type ReloadOptions } from './reloaded-files.js';

/** Where files are read, and who is called. */
export interface UpstreamTlsOptions extends ReloadOptions {
  readonly overlay: LocalOverlay | undefined;
  /**
   * The Service whose pods are called, by their addresses and through no proxy: their certificates have to be for it.
   *
   * @default - hosts are called by name, through the proxy of the environment if there is one
   */
  readonly pods?: string;
}

/**
 * The dispatcher for upstreams with authorities or a client certificate of their own. New files are in force for the
 * requests that begin after them; those that have begun end on their connections.
 */
export class UpstreamTls {
  private current: Dispatcher | undefined;
  private files: ReloadedFiles | undefined;

  private constructor(private readonly options: UpstreamTlsOptions) {}

  /**
   * Reads the files.
   *
   * @param subject whom it is towards, for messages
   * @throws Error that says what is wrong with them
   */
  public static async open(
    subject: string,
    config: UpstreamTlsConfig,
    options: UpstreamTlsOptions,
  ): Promise<UpstreamTls> {
    const tls = new UpstreamTls(options);
    const { overlay } = options;
    const files = [config.caFile, config.clientCertificateFile, config.clientKeyFile];
    const paths = files.map((file) => file && localPath(file, overlay));
    tls.files = await ReloadedFiles.open(`TLS towards ${subject}`, paths, (texts) => tls.take(texts), options);
    return tls;
  }

  /** Takes requests by the files in force; ask for it with each request. */
  public get dispatcher(): Dispatcher {
    // It is there from the first reading on.
    return this.current as Dispatcher;
  }

  /** Stops reading the files; requests that have begun end by themselves. */
  public close(): void {
    this.files?.close();
    void this.current?.close();
  }

  private take([ca, cert, key]: readonly (string | undefined)[]): void {
    if (ca !== undefined) certificatesOf(ca, 'the file of authorities');
    if (cert !== undefined && key !== undefined) checkKeyPair({ cert, key });
    const last = this.current;
    const { overlay, pods: servername } = this.options;
    const environment = servername === undefined ? process.env : {};
    this.current = createDispatcher(overlay, environment, { ca, cert, key, servername });
    void last?.close();
  }
}
