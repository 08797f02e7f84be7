import { expect, test } from "bun:test";
import { Prng } from "../../base/prng.ts";
import type { ReceivePlan } from "../../config/plan.ts";
import { bytesMax, ReceivedAnswer } from "./receive.ts";
import { bytesOf, type ProbeResult } from "./result.ts";

/** Told whole, byte by byte and at random splits; all must agree on whether the server is well. */
function answer(plan: ReceivePlan, text: string): ProbeResult | null {
  const prng = new Prng(text.length + 1);
  const whole = new ReceivedAnswer(plan).received(bytesOf(text));
  for (const size of [() => 1, () => 1 + prng.below(5)]) {
    const probe = new ReceivedAnswer(plan);
    let result: ProbeResult | null = null;
    for (let at = 0; at < text.length && result === null; ) {
      const end = Math.min(text.length, at + size());
      result = probe.received(bytesOf(text.slice(at, end)));
      at = end;
    }
    expect([text, result?.isHealthy]).toEqual([text, whole?.isHealthy]);
  }
  return whole;
}

const starts: ReceivePlan = { kind: "starts", match: "+PONG\r\n" };
const contains: ReceivePlan = { kind: "contains", match: "aab" };
const pattern: ReceivePlan = { kind: "pattern", match: "role:(master|slave)\\r\\n" };

test("the beginning is expected byte for byte, and refused at its first wrong byte", () => {
  expect(answer(starts, "+PONG\r\n")).toEqual({ isHealthy: true, reason: "the answer is as expected", status: null });
  expect(answer(starts, "+PONG\r\nand more")?.isHealthy).toBe(true);
  expect(answer(starts, "+PONG\r")).toBeNull();
  expect(answer(starts, "-NOAUTH\r\n")?.reason).toBe('the answer "-NOAUTH\\r\\n" does not start with "+PONG\\r\\n"');
  expect(answer(starts, "+PONG\n")?.isHealthy).toBe(false);
});

test("what is contained may stand anywhere, also over the edge of two reads", () => {
  for (const text of ["aab", "xaab", "aaab", "aaaaaaaaab", "abaabb", `${"a".repeat(1000)}b`])
    expect([text, answer(contains, text)?.isHealthy]).toEqual([text, true]);
  for (const text of ["", "aa", "ab", "abab", "b".repeat(1000)])
    expect([text, answer(contains, text)]).toEqual([text, null]);
});

test("a pattern is looked for in all that has come", () => {
  expect(answer(pattern, "# Replication\r\nrole:master\r\n")?.isHealthy).toBe(true);
  expect(answer(pattern, "# Replication\r\nrole:maste")).toBeNull();
  expect(answer({ kind: "pattern", match: "^\\xff\\x00[\\x80-\\x8f]" }, "\xff\x00\x83")?.isHealthy).toBe(true);
});

test("after 64 KiB without it the answer is no", () => {
  const probe = new ReceivedAnswer(contains);
  expect(probe.received(new Uint8Array(bytesMax - 1))).toBeNull();
  expect(probe.received(bytesOf("aab"))?.reason).toEndWith('does not contain "aab"');
  expect(new ReceivedAnswer(contains).received(new Uint8Array(bytesMax))?.isHealthy).toBe(false);
});

test("a close and a timeout say what has come so far, and never more than a line of it", () => {
  const probe = new ReceivedAnswer(contains);
  expect(probe.ended().reason).toBe("the server closed without an answer");
  expect(probe.expired().reason).toBe("no answer in time");
  probe.received(bytesOf('\x1b[2J"\n\xe9'));
  expect(probe.ended().reason).toBe('the server closed, and the answer "\\x1b[2J\\"\\n\\xe9" does not contain "aab"');
  probe.received(bytesOf("x".repeat(100)));
  expect(probe.expired().reason).toBe(
    `no answer in time: so far the answer "\\x1b[2J\\"\\n\\xe9${"x".repeat(33)}..." does not contain "aab"`,
  );
});

test("any bytes at all end in a result or in a wish for more, alike however they are split", () => {
  const prng = new Prng(78);
  const parts = ["a", "b", "aa", "ab", "+PONG", "\r", "\n", "role:", "master", "\x00", "\xff"];
  for (let round = 0; round < 500; round++) {
    const text = Array.from({ length: prng.below(12) }, () => parts[prng.below(parts.length)]!).join("");
    for (const plan of [starts, contains, pattern]) answer(plan, text);
  }
});
