// The answer to a check that says what must come back: how it starts, what it contains, or a pattern. Over a connection the bytes
// may be split anywhere, so each of them is a question of "yes, no, or not yet"; a datagram is whole and has no "not yet". Only the
// first 64 KiB are looked at: what a server says to a check is short, and control holds them for each server at once.
// Bytes are compared as latin-1, one character a byte, so that binary protocols and patterns work alike.

import type { ReceivePlan } from "../../config/plan.ts";
import { healthy, type ProbeResult, quoted, unhealthy } from "./result.ts";

/** All bytes of one check. What comes later is not looked at. */
export const bytesMax = 65_536;

export class ReceivedAnswer {
  readonly #plan: ReceivePlan;
  readonly #pattern: RegExp | null;
  #text = "";

  constructor(plan: ReceivePlan) {
    this.#plan = plan;
    this.#pattern = plan.kind === "pattern" ? new RegExp(plan.match) : null;
  }

  /** The server's bytes, split anywhere. A result ends the check. */
  received(bytes: Uint8Array): ProbeResult | null {
    const seenBytes = this.#text.length;
    this.#text += textOf(bytes.subarray(0, bytesMax - seenBytes));
    if (this.#matches(seenBytes)) return expected;
    if (this.#plan.kind === "starts" && !this.#plan.match.startsWith(this.#text)) return this.#refuse();
    if (this.#text.length === bytesMax) return this.#refuse();
    return null;
  }

  /** All that comes, in one datagram. */
  receivedWhole(bytes: Uint8Array): ProbeResult {
    this.#text = textOf(bytes.subarray(0, bytesMax));
    return this.#matches(0) ? expected : this.#refuse();
  }

  ended(): ProbeResult {
    if (this.#text === "") return unhealthy("the server closed without an answer");
    return unhealthy(`the server closed, and ${this.#lack()}`);
  }

  expired(): ProbeResult {
    if (this.#text === "") return unhealthy("no answer in time");
    return unhealthy(`no answer in time: so far ${this.#lack()}`);
  }

  #matches(seenBytes: number): boolean {
    const { kind, match } = this.#plan;
    if (kind === "starts") return this.#text.startsWith(match);
    // What was looked through before holds at most the beginning of a match.
    if (kind === "contains") return this.#text.includes(match, Math.max(0, seenBytes - match.length));
    return this.#pattern?.test(this.#text) ?? false;
  }

  #refuse(): ProbeResult {
    return unhealthy(this.#lack());
  }

  #lack(): string {
    const verbs = { starts: "does not start with", contains: "does not contain", pattern: "does not match" };
    return `the answer ${quoted(this.#text)} ${verbs[this.#plan.kind]} ${quoted(this.#plan.match)}`;
  }
}

const expected = healthy("the answer is as expected");

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}
