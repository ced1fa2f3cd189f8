/** Bodies up to this length are copied piece by piece, in bytes. */
const SMALL_BYTES = 4_096;

/** Most of a body that is read into one memory, in bytes. */
const PART_BYTES = 262_143;

/** A body whose length is known (RFC 9112, 6.3). Its pieces lie one behind the other in one memory, or in few. */
export class LengthBody {
  /**
   * Where what comes next goes. It is never as long as what is left of the body: a read that fills it says that there is more.
   *
   * @default - anywhere, and it is copied
   */
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
      const size = this.left > PART_BYTES ? PART_BYTES : this.left + 1;
      this.room = this.roomFor(this.left + 1) ?? Buffer.allocUnsafeSlow(size);
      piece.copy(this.room);
    }
    const kept = this.room.subarray(0, piece.length);
    this.room = kept.length === this.room.length ? undefined : this.room.subarray(piece.length);
    return kept;
  }
}
