// For what must hold if our own code is right. Never for what a peer sends: that ends in a Fault (base/fault.ts).
// A failed assertion is thrown as it stands and caught by nobody on the way: the driver tells the worker, which stops
// accepting, drains and is replaced, for what it knows of its connections can no longer be trusted.

export class AssertionError extends Error {
  override readonly name = "AssertionError";
}

export function assert(condition: boolean, what: string): asserts condition {
  if (!condition) throw new AssertionError(what);
}

/** For the default branch of an exhaustive switch. */
export function unreachable(value: never): never {
  throw new AssertionError(`unreachable: ${JSON.stringify(value)}`);
}
