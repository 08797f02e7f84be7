// Programs of classic BPF (linux/filter.h) as the system takes them: one that tells which worker's socket a connection is for
// (steering.ts), and one that keeps new connections from a listener that is about to close (leaving.ts).

export type Instruction = readonly [code: number, operand: number, ifTrue?: number];

export const op = {
  loadByte: 0x30,
  loadWord: 0x20,
  toX: 0x07,
  xorX: 0xac,
  and: 0x54,
  multiply: 0x24,
  shiftRight: 0x74,
  modulo: 0x94,
  jump: 0x05,
  jumpIfEqual: 0x15,
  answerValue: 0x06,
  answer: 0x16,
} as const;

/** As struct sock_filter: a code of 16 bits, two jumps of 8, an operand of 32. */
export function filterBytes(instructions: readonly Instruction[]): Uint8Array {
  const bytes = new Uint8Array(instructions.length * 8);
  const view = new DataView(bytes.buffer);
  for (const [index, [code, operand, ifTrue = 0]] of instructions.entries()) {
    view.setUint16(index * 8, code, true);
    view.setUint8(index * 8 + 2, ifTrue);
    view.setUint32(index * 8 + 4, operand, true);
  }
  return bytes;
}
