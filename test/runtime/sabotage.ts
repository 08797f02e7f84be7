// Loaded before the program by the test of failing workers: makes a flow fail an assertion when a client asks for it. This is
// the only way from outside, for no bytes that a peer may send are to do that.

import { assert } from "../../src/base/assert.ts";
import { Downstream } from "../../src/flow/downstream.ts";

const word = Buffer.from("GET /sabotage ");
// Called with `call` below: on whatever downstream it was that was told.
const received: (this: Downstream, bytes: Uint8Array) => void = Downstream.prototype.received;

Downstream.prototype.received = function (bytes: Uint8Array): void {
  assert(!Buffer.from(bytes).includes(word), "sabotaged by a test");
  received.call(this, bytes);
};
