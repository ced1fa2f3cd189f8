import { createHmac, hkdfSync, type Hmac } from 'node:crypto';
import type { GatewayDocument } from 'agentyard/contract';
import type { SealingKey, SealingKeys } from '@agentyard/runtime-kit';

type AuditOptions = NonNullable<GatewayDocument['audit']>;

/** Of which value of a request something is said. */
export type AuditedValue = 'arguments' | 'result';

/** What is said of values: their hashes, and their beginnings. */
export type ValueFields = Readonly<Partial<Record<`${AuditedValue}Hash` | AuditedValue, string>>>;

/** What its key is derived for (RFC 5869, 3.2). */
const PURPOSE = 'agentyard audit key v1';

/** Longest text of a value in a line, in bytes; hashes are of all of it. */
const MAX_BYTES = 16_384;

/**
 * What audit lines say of arguments and results, as far as the document asks for it. A hash is an HMAC-SHA-256, so that
 * nobody who reads lines finds a small value by trying; equal values have equal hashes, in all replicas, as long as the
 * key is the same: it is derived from the one that seals, and named by its id.
 */
export class AuditValues {
  private derived: { readonly id: string; readonly of: SealingKey; readonly key: Buffer } | undefined;

  public constructor(
    private readonly keys: Pick<SealingKeys, 'current'>,
    private readonly options: AuditOptions,
  ) {}

  /** @param value all of it */
  public fieldsOf(name: AuditedValue, value: Buffer | string): ValueFields {
    const begun = this.begin(name);
    begun.add(typeof value === 'string' ? Buffer.from(value) : value);
    return begun.end();
  }

  /** For a value that comes in pieces. */
  public begin(name: AuditedValue): ValueInPieces {
    const { hashes, contents } = this.options;
    if (!hashes) return new ValueInPieces(name, undefined, contents);
    const { id, key } = this.key;
    return new ValueInPieces(name, { id, hmac: createHmac('sha256', key) }, contents);
  }

  private get key(): { readonly id: string; readonly key: Buffer } {
    const { current } = this.keys;
    if (this.derived?.of !== current) {
      const key = Buffer.from(hkdfSync('sha256', current.key, '', PURPOSE, 32));
      this.derived = { id: current.id.toString('hex'), of: current, key };
    }
    return this.derived;
  }
}

/** A value that comes in pieces. */
export class ValueInPieces {
  private readonly pieces: Buffer[] = [];
  private size = 0;

  public constructor(
    private readonly name: AuditedValue,
    private readonly hash: { readonly id: string; readonly hmac: Hmac } | undefined,
    private readonly keepsContents: boolean,
  ) {}

  public add(piece: Buffer): void {
    this.hash?.hmac.update(piece);
    if (this.keepsContents && this.size < MAX_BYTES) this.pieces.push(piece.subarray(0, MAX_BYTES - this.size));
    this.size += piece.length;
  }

  public end(): ValueFields {
    const fields: Partial<Record<keyof ValueFields, string>> = {};
    if (this.hash !== undefined) fields[`${this.name}Hash`] = `${this.hash.id}:${this.hash.hmac.digest('hex')}`;
    if (this.keepsContents) fields[this.name] = this.text;
    return fields;
  }

  private get text(): string {
    const text = Buffer.concat(this.pieces).toString('utf8');
    return this.size > MAX_BYTES ? `${text}...` : text;
  }
}
