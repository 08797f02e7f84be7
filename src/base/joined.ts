// Bytes behind bytes, of which both came by themselves and are wanted in one piece: what is cut across two reads. It copies both, so
// that whoever is told a little at a time asks first whether anything has ended; who reads a body never does this.
// It knows nothing of what the bytes say.

export function joined(one: Uint8Array, other: Uint8Array): Uint8Array {
  const whole = new Uint8Array(one.length + other.length);
  whole.set(one);
  whole.set(other, one.length);
  return whole;
}
