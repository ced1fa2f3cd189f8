import { createSecureContext, type SecureContextOptions } from 'node:tls';
import type { ServerTls as ServerTlsConfig } from 'agentyard/contract';
import { localPath, type LocalOverlay } from '../local-overlay.js';
import { certificatesOf, checkKeyPair, refuseEnded } from './pem.js';
import { ReloadedFiles, type ReloadOptions } from './reloaded-files.js';

/** TLS of a server's port. New files are in force for the connections that are made after them. */
export class ServerTls {
  private options: SecureContextOptions = {};
  private files: ReloadedFiles | undefined;
  private listener: (options: SecureContextOptions) => void = () => undefined;

  private constructor(private readonly config: ServerTlsConfig) {}

  /** Reads certificate, key and authorities. @throws Error that says what is wrong with them */
  public static async open(
    config: ServerTlsConfig,
    { overlay, ...reload }: ReloadOptions & { readonly overlay: LocalOverlay | undefined },
  ): Promise<ServerTls> {
    const tls = new ServerTls(config);
    const files = [config.certificateFile, config.keyFile, config.clients?.caFile];
    const paths = files.map((file) => file && localPath(file, overlay));
    tls.files = await ReloadedFiles.open('TLS of the port', paths, (texts) => tls.take(texts), reload);
    return tls;
  }

  /** What a secure context is made of: TLS 1.2 and later. */
  public get context(): SecureContextOptions {
    return this.options;
  }

  /** Whether clients are asked for certificates. */
  public get asksClients(): boolean {
    return this.config.clients !== undefined;
  }

  /** Whether requests need a client certificate. */
  public get requiresClients(): boolean {
    return this.config.clients?.required === true;
  }

  /** Tells a server of new files. */
  public onChange(listener: (options: SecureContextOptions) => void): void {
    this.listener = listener;
  }

  /** Stops reading the files. */
  public close(): void {
    this.files?.close();
  }

  private take([cert = '', key = '', ca]: readonly (string | undefined)[]): void {
    checkKeyPair({ cert, key });
    refuseEnded({ cert });
    if (ca !== undefined) certificatesOf(ca, 'the file of authorities');
    const options: SecureContextOptions = { cert, key, ca, minVersion: 'TLSv1.2' };
    // What only OpenSSL finds, such as a signature algorithm that it refuses, is thrown here and not in the server.
    createSecureContext(options);
    this.options = options;
    this.listener(options);
  }
}
