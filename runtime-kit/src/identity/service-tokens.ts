import { readFileSync, statSync } from 'node:fs';
import type { ServiceToken } from 'agentyard/contract';
import { localPath, type LocalOverlay } from '../local-overlay.js';
import { MAX_TOKEN_LENGTH } from './service-token-check.js';

/** A token that cannot be shown to a callee. Its message carries nothing of the file. */
export class ServiceTokenError extends Error {
  public constructor(audience: string, fault: string) {
    super(`the service token for ${audience} ${fault}`);
    this.name = 'ServiceTokenError';
  }
}

interface ReadToken {
  /** Of the file that was read. */
  readonly stamp: string;
  readonly bearer: string;
}

/** The tokens by which a service shows its callees who it is: files that the kubelet renews. */
export class ServiceTokens {
  private readonly read = new Map<string, ReadToken>();

  public constructor(private readonly overlay: LocalOverlay | undefined) {}

  /**
   * Value of the `authorization` header for a callee.
   *
   * @throws ServiceTokenError
   */
  public bearer(token: ServiceToken): Promise<string> {
    return new Promise((resolve) => resolve(this.bearerNow(token)));
  }

  /** Why one of these cannot be shown, for readiness. */
  public unready(tokens: readonly ServiceToken[]): string | undefined {
    for (const token of tokens) {
      try {
        this.bearerNow(token);
      } catch (error) {
        return (error as Error).message;
      }
    }
    return undefined;
  }

  /**
   * The same at once: the file lies in memory, and a turn through the thread pool takes twenty times as long.
   *
   * @throws ServiceTokenError
   */
  public bearerNow({ audience, file }: ServiceToken): string {
    const path = localPath(file, this.overlay);
    try {
      const { mtimeMs, size, ino } = statSync(path);
      const stamp = `${mtimeMs}:${size}:${ino}`;
      const known = this.read.get(path);
      if (known?.stamp === stamp) return known.bearer;
      const bearer = `Bearer ${tokenIn(path, audience)}`;
      this.read.set(path, { stamp, bearer });
      return bearer;
    } catch (error) {
      if (error instanceof ServiceTokenError) throw error;
      const reason = (error as NodeJS.ErrnoException).code ?? 'unknown reason';
      throw new ServiceTokenError(audience, `cannot be read (${reason})`);
    }
  }
}

function tokenIn(path: string, audience: string): string {
  const text = readFileSync(path, 'latin1').trim();
  if (text.length > MAX_TOKEN_LENGTH) throw new ServiceTokenError(audience, 'is too long');
  if (!/^[\w-]+\.[\w-]+\.[\w-]+$/.test(text)) throw new ServiceTokenError(audience, 'is no JWT');
  return text;
}
