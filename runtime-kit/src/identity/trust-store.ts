import { trustBundle } from 'agentyard/contract';
import { MountedDocument, type PollOptions } from './mounted-document.js';
import { TrustedKeys } from './trusted-keys.js';

/** The keys by which a service checks who calls it, and for whom: those of the last good trust bundle. */
export class TrustStore {
  private constructor(private readonly bundle: MountedDocument<typeof trustBundle, TrustedKeys>) {}

  /** @param directory local directory of the trust bundle, which is read again while it is open */
  public static async open(directory: string, options: PollOptions): Promise<TrustStore> {
    return new TrustStore(
      await MountedDocument.open(trustBundle, directory, (document) => TrustedKeys.from(document), options),
    );
  }

  /** Another object after each change; absent while there was no good bundle. */
  public get keys(): TrustedKeys | undefined {
    return this.bundle.value;
  }

  /** Why nobody can be checked, for readiness. */
  public unready(): string | undefined {
    return this.bundle.missing;
  }

  public close(): void {
    this.bundle.close();
  }
}
