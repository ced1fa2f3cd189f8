/** Bodies up to this length are copied piece by piece; longer ones are read in parts of at most the second length, in bytes. */
const SMALL_BYTES = 4_096;
const PART_BYTES = 262_144;

/** A body whose length is known (RFC 9112, 6.3). Its pieces lie one behind the other in one memory, or in few. */
export class LengthBody {
  /** Where what comes next goes, one byte longer than the body: so it is seen when there is more. @default - anywhere, and it is copied */
  public room: Buffer | undefined;

  /**
   * @param left how many bytes are still to come
   * @param roomFor memory of this length. @default - it is made
   */
  public constructor(
    private left: number,
    private readonly roomFor: (bytes: number) => Buffer | undefined,
  ) {}

  /**
   * Takes more bytes, in `room` if there is one.
   *
   * @returns how many are behind the body; absent until its end has come
   */
  public push(bytes: Buffer, take: (piece: Buffer) => void): number | undefined {
    const piece = this.kept(bytes.length > this.left ? bytes.subarray(0, this.left) : bytes);
    this.left -= piece.length;
    if (piece.length > 0) take(piece);
    return this.left === 0 ? bytes.length - piece.length : undefined;
  }

  private kept(piece: Buffer): Buffer {
    if (this.room === undefined) {
      if (this.left <= SMALL_BYTES) return Buffer.from(piece);
      this.room = this.roomFor(this.left + 1) ?? Buffer.allocUnsafeSlow(Math.min(this.left + 1, PART_BYTES));
      piece.copy(this.room);
    }
    const kept = this.room.subarray(0, piece.length);
    this.room = kept.length === this.room.length ? undefined : this.room.subarray(piece.length);
    return kept;
  }
}
