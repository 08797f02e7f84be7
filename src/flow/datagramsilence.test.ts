import { expect, test } from "bun:test";
import { DatagramSilence } from "./datagramsilence.ts";

const limits = { clientIdleMs: 300, serverIdleMs: 200, tunnelMs: 100 };
const none = { clientIdleMs: 0, serverIdleMs: 0, tunnelMs: 0 };

test("silence of both sides is the end, whatever each may do alone", () => {
  const silence = new DatagramSilence(1_000);
  silence.serverMs = 1_050;
  expect(silence.deadlineMs(limits)).toBe(1_150);
  expect(silence.judge(limits, 1_149)).toBeNull();
  expect(silence.judge(limits, 1_150)).toBe("over");
});

test("a side that is silent for too long is to blame while the other is not", () => {
  const silence = new DatagramSilence(1_000);
  silence.clientMs = 1_190;
  expect(silence.deadlineMs(limits)).toBe(1_200);
  expect(silence.judge(limits, 1_200)).toMatchObject({ code: "server_idle" });
  silence.serverMs = 1_480;
  expect(silence.deadlineMs(limits)).toBe(1_490);
  expect(silence.judge(limits, 1_490)).toMatchObject({ code: "client_idle" });
});

test("without limits there is no deadline", () => {
  const silence = new DatagramSilence(1_000);
  expect(silence.deadlineMs(none)).toBe(0);
  expect(silence.judge(none, 1e9)).toBeNull();
});
