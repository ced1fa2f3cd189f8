import { PLAN_ADDRESS, PLAN_BYTES } from './launcher-image.js';

const HEAD_BYTES = 16;
const CALL_BYTES = 72;
const ARGUMENTS = 6;
const WORD = 8;
const NO_MORE = -1n;

/** An argument of a system call; strings become C strings and bytes structures, both passed by address. */
export type Argument = number | string | Buffer;

/** What becomes of a call's result. */
export interface CallOptions {
  /** Address that it is written to, as an i32; a failure is a negative errno. */
  readonly into?: number;
  /** Which argument of the next call it becomes. */
  readonly intoNext?: number;
  /** Whether the plan goes on if the call fails. */
  readonly mayFail?: boolean;
}

/** A call as it was added. */
interface Call extends CallOptions {
  readonly number: number;
  readonly arguments: readonly number[];
}

/** The system calls that a launcher makes before it becomes another program. */
export class LaunchPlan {
  private readonly data: Buffer[] = [];
  private readonly calls: Call[] = [];
  private size = HEAD_BYTES;
  /** Where results go that nobody asks for. */
  private readonly ignored = this.put(Buffer.alloc(WORD));

  /** Puts bytes into the launcher's memory. @returns their address */
  public put(bytes: Buffer): number {
    const padded = Buffer.concat([bytes, Buffer.alloc(-bytes.length & (WORD - 1))]);
    const address = PLAN_ADDRESS + this.size;
    this.data.push(padded);
    this.size += padded.length;
    return address;
  }

  /** Adds a system call by its number. */
  public call(number: number, given: readonly Argument[], options: CallOptions = {}): this {
    const values = given.map((argument) => {
      if (typeof argument === 'number') return argument;
      return this.put(typeof argument === 'string' ? Buffer.from(`${argument}\0`) : argument);
    });
    this.calls.push({ ...options, number, arguments: values });
    return this;
  }

  /**
   * The plan as the launcher reads it.
   *
   * @throws RangeError if it is larger than the launcher's memory
   */
  public bytes(): Buffer {
    const first = PLAN_ADDRESS + this.size;
    const head = words([this.size + (this.calls.length + 1) * CALL_BYTES, first]);
    const calls = this.calls.map((call, i) => this.render(call, first + (i + 1) * CALL_BYTES));
    const end = Buffer.alloc(CALL_BYTES);
    end.writeBigInt64LE(NO_MORE);
    const bytes = Buffer.concat([head, ...this.data, ...calls, end]);
    if (bytes.length > PLAN_BYTES) throw new RangeError(`a launch plan of ${bytes.length} bytes is too large`);
    return bytes;
  }

  private render({ number, arguments: given, into, intoNext, mayFail }: Call, next: number): Buffer {
    const padded = [...given, ...Array<number>(ARGUMENTS - given.length).fill(0)];
    const result = intoNext === undefined ? (into ?? this.ignored) : next + (1 + intoNext) * WORD;
    return words([number, ...padded, result, mayFail === true ? 0 : 1]);
  }
}

/** Numbers as 64 bits each; negative ones as the kernel reads them. */
export function words(values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * WORD);
  values.forEach((value, i) => bytes.writeBigInt64LE(BigInt(value), i * WORD));
  return bytes;
}
