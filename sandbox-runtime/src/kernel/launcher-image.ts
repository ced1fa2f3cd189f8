// No imports: the build runs this file by itself.

/** Architectures that there is a launcher for, as Node.js names them. */
export type LauncherArchitecture = 'x64' | 'arm64';

/** Where a plan lies in the launcher's memory, and how much room it has there, in bytes. */
export const PLAN_ADDRESS = 0x1000_0000;
export const PLAN_BYTES = 0x10_0000;

/** Exit code of a launcher that could not do what its plan asks for. */
export const LAUNCH_FAILED = 125;

/**
 * The launcher, instruction by instruction. It reads a plan from its standard input to PLAN_ADDRESS, makes the system
 * calls of the plan, and becomes the program that its arguments name, with its own environment:
 *
 *     plan:   u64 length of the plan, in bytes; u64 address of the first call
 *     call:   u64 number, or below 0 for "no more"; u64 arguments[6]; u64 address that the result is written to, as an
 *             i32; u64 whether the call must not fail
 */
const INSTRUCTIONS: Readonly<Record<LauncherArchitecture, readonly (readonly [code: string, assembly: string])[]>> = {
  x64: [
    ['4989e4', 'mov r12, rsp'],
    ['41bd00000010', 'mov r13d, 0x10000000'],
    ['4531f6', 'xor r14d, r14d'],
    ['41bf08000000', 'mov r15d, 8'],
    ['31c0', 'read: xor eax, eax'],
    ['31ff', 'xor edi, edi'],
    ['4b8d743500', 'lea rsi, [r13 + r14]'],
    ['4c89fa', 'mov rdx, r15'],
    ['4c29f2', 'sub rdx, r14'],
    ['0f05', 'syscall'],
    ['4885c0', 'test rax, rax'],
    ['7e6c', 'jle fail'],
    ['4901c6', 'add r14, rax'],
    ['4d39fe', 'cmp r14, r15'],
    ['72e2', 'jb read'],
    ['4d3b7d00', 'cmp r15, [r13]'],
    ['7406', 'je run'],
    ['4d8b7d00', 'mov r15, [r13]'],
    ['ebd6', 'jmp read'],
    ['498b5d08', 'run: mov rbx, [r13 + 8]'],
    ['488b03', 'next: mov rax, [rbx]'],
    ['4885c0', 'test rax, rax'],
    ['7832', 'js exec'],
    ['488b7b08', 'mov rdi, [rbx + 8]'],
    ['488b7310', 'mov rsi, [rbx + 16]'],
    ['488b5318', 'mov rdx, [rbx + 24]'],
    ['4c8b5320', 'mov r10, [rbx + 32]'],
    ['4c8b4328', 'mov r8, [rbx + 40]'],
    ['4c8b4b30', 'mov r9, [rbx + 48]'],
    ['0f05', 'syscall'],
    ['488b4b38', 'mov rcx, [rbx + 56]'],
    ['8901', 'mov [rcx], eax'],
    ['4885c0', 'test rax, rax'],
    ['7907', 'jns done'],
    ['48837b4000', 'cmp qword ptr [rbx + 64], 0'],
    ['7520', 'jne fail'],
    ['4883c348', 'done: add rbx, 72'],
    ['ebc6', 'jmp next'],
    ['b83b000000', 'exec: mov eax, 59'],
    ['498b7c2410', 'mov rdi, [r12 + 16]'],
    ['498d742410', 'lea rsi, [r12 + 16]'],
    ['498b0c24', 'mov rcx, [r12]'],
    ['498d54cc10', 'lea rdx, [r12 + 8*rcx + 16]'],
    ['0f05', 'syscall'],
    ['b8e7000000', 'fail: mov eax, 231'],
    ['bf7d000000', 'mov edi, 125'],
    ['0f05', 'syscall'],
  ],
  arm64: [
    ['f3030091', 'mov x19, sp'],
    ['1400a2d2', 'movz x20, #0x1000, lsl #16'],
    ['150080d2', 'movz x21, #0'],
    ['160180d2', 'movz x22, #8'],
    ['e80780d2', 'read: movz x8, #63'],
    ['000080d2', 'movz x0, #0'],
    ['8102158b', 'add x1, x20, x21'],
    ['c20215cb', 'sub x2, x22, x21'],
    ['010000d4', 'svc #0'],
    ['1f0000f1', 'cmp x0, #0'],
    ['cd030054', 'b.le fail'],
    ['b502008b', 'add x21, x21, x0'],
    ['bf0216eb', 'cmp x21, x22'],
    ['e3feff54', 'b.lo read'],
    ['890240f9', 'ldr x9, [x20]'],
    ['df0209eb', 'cmp x22, x9'],
    ['60000054', 'b.eq run'],
    ['f60309aa', 'mov x22, x9'],
    ['f2ffff17', 'b read'],
    ['970640f9', 'run: ldr x23, [x20, #8]'],
    ['e80240f9', 'next: ldr x8, [x23]'],
    ['8801f8b7', 'tbnz x8, #63, exec'],
    ['e08640a9', 'ldp x0, x1, [x23, #8]'],
    ['e28e41a9', 'ldp x2, x3, [x23, #24]'],
    ['e49642a9', 'ldp x4, x5, [x23, #40]'],
    ['010000d4', 'svc #0'],
    ['e91e40f9', 'ldr x9, [x23, #56]'],
    ['200100b9', 'str w0, [x9]'],
    ['6000f8b6', 'tbz x0, #63, done'],
    ['e92240f9', 'ldr x9, [x23, #64]'],
    ['490100b5', 'cbnz x9, fail'],
    ['f7220191', 'done: add x23, x23, #72'],
    ['f4ffff17', 'b next'],
    ['a81b80d2', 'exec: movz x8, #221'],
    ['600a40f9', 'ldr x0, [x19, #16]'],
    ['61420091', 'add x1, x19, #16'],
    ['690240f9', 'ldr x9, [x19]'],
    ['620e098b', 'add x2, x19, x9, lsl #3'],
    ['42400091', 'add x2, x2, #16'],
    ['010000d4', 'svc #0'],
    ['c80b80d2', 'fail: movz x8, #94'],
    ['a00f80d2', 'movz x0, #125'],
    ['010000d4', 'svc #0'],
  ],
};

const CODE_ADDRESS = 0x40_0000;
const HEADER_BYTES = 64;
const SEGMENT_BYTES = 56;
/** Pages of arm64 have up to this many bytes. */
const ALIGNMENT = 0x1_0000;

/** Numbers of elf(5). */
const ELF = { executable: 2, version: 1, load: 1, stack: 0x6474e551, run: 1, write: 2, read: 4 } as const;
const MACHINES: Readonly<Record<LauncherArchitecture, number>> = { x64: 62, arm64: 183 };

/** A part of the program, as the kernel maps it. */
interface Segment {
  readonly type: number;
  readonly flags: number;
  readonly address: number;
  readonly fileBytes: number;
  readonly memoryBytes: number;
}

/** The launcher as an assembler reads it (Intel syntax on x64), so that its code can be made again and compared. */
export function launcherAssembly(architecture: LauncherArchitecture): string {
  const head = architecture === 'x64' ? '.intel_syntax noprefix\n' : '';
  const lines = INSTRUCTIONS[architecture].map(([, assembly]) => assembly.replace(': ', ':\n'));
  return `${head}${lines.join('\n')}\n`;
}

/** The launcher as a static ELF executable, which needs no library and no interpreter. */
export function launcherImage(architecture: LauncherArchitecture): Buffer {
  const code = Buffer.from(INSTRUCTIONS[architecture].map(([bytes]) => bytes).join(''), 'hex');
  const count = 3;
  const start = HEADER_BYTES + count * SEGMENT_BYTES;
  const bytes = start + code.length;
  const segments: readonly Segment[] = [
    { type: ELF.load, flags: ELF.read | ELF.run, address: CODE_ADDRESS, fileBytes: bytes, memoryBytes: bytes },
    { type: ELF.load, flags: ELF.read | ELF.write, address: PLAN_ADDRESS, fileBytes: 0, memoryBytes: PLAN_BYTES },
    { type: ELF.stack, flags: ELF.read | ELF.write, address: 0, fileBytes: 0, memoryBytes: 0 },
  ];
  return Buffer.concat([header(architecture, CODE_ADDRESS + start, count), ...segments.map(segmentHeader), code]);
}

function header(architecture: LauncherArchitecture, entry: number, segments: number): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES);
  // 64 bits, little endian, version 1.
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, ELF.version]);
  bytes.writeUInt16LE(ELF.executable, 16);
  bytes.writeUInt16LE(MACHINES[architecture], 18);
  bytes.writeUInt32LE(ELF.version, 20);
  bytes.writeBigUInt64LE(BigInt(entry), 24);
  bytes.writeBigUInt64LE(BigInt(HEADER_BYTES), 32);
  bytes.writeUInt16LE(HEADER_BYTES, 52);
  bytes.writeUInt16LE(SEGMENT_BYTES, 54);
  bytes.writeUInt16LE(segments, 56);
  return bytes;
}

function segmentHeader({ type, flags, address, fileBytes, memoryBytes }: Segment): Buffer {
  const bytes = Buffer.alloc(SEGMENT_BYTES);
  bytes.writeUInt32LE(type, 0);
  bytes.writeUInt32LE(flags, 4);
  bytes.writeBigUInt64LE(BigInt(address), 16);
  bytes.writeBigUInt64LE(BigInt(address), 24);
  bytes.writeBigUInt64LE(BigInt(fileBytes), 32);
  bytes.writeBigUInt64LE(BigInt(memoryBytes), 40);
  bytes.writeBigUInt64LE(BigInt(ALIGNMENT), 48);
  return bytes;
}
