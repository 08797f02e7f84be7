// How long a call may take: the clock decides, whether a hook is awaited or computes.

import { expect, test } from "bun:test";
import { HookPlay, later } from "../../../test/playbook/hooks.ts";
import { get, reply } from "../../../test/playbook/words.ts";
import { type HookReason, hookCellOf } from "../hooks.ts";

const late = reply(504, "Gateway Timeout", "a hook of the configuration did not answer in time").replace(
  "00:00:00",
  "00:00:01",
);

const counted = (play: HookPlay, reason: HookReason): number =>
  play.tally.cells[play.tally.workerRow() + hookCellOf("onRequest", reason)]!;

for (const [kind, value] of [
  ["at once", { status: 204 }],
  ["by a promise", later],
] as const)
  test(`that takes long without ever waiting is late, though it answers ${kind}`, () => {
    const play = new HookPlay({ web: { onRequest: () => value } });
    play.slowMs = 1001;
    const client = play.connect();
    client.sends(get("/"));
    play.expect(client.gets(late), "report 504 hook_timeout");
    expect(play.complaints).toEqual([
      "onRequest of listener web took longer than its budget, and its worker stood still: 1001 ms",
    ]);
    expect(counted(play, "slow")).toBe(1);
  });

test("that waits, then takes long, is late by the clock though no deadline could pass", () => {
  const play = new HookPlay({ web: { onRequest: () => later } });
  const client = play.connect();
  client.sends(get("/"));
  play.nowMs += 1001;
  play.keep({ status: 204 });
  play.expect(client.gets(late), "report 504 hook_timeout");
  expect([counted(play, "slow"), counted(play, "timeout")]).toEqual([1, 0]);
});

test("that is late is passed over, where the config says so", () => {
  const play = new HookPlay({ web: { onRequest: () => later } }, {}, { failure: "pass" });
  const client = play.connect();
  client.sends(get("/"));
  play.nowMs += 1001;
  play.keep({ status: 204 });
  play.expect("dial one:80");
});

test("that answers within its budget, to the millisecond, is heard", () => {
  const play = new HookPlay({ web: { onRequest: () => later } });
  const client = play.connect();
  client.sends(get("/"));
  play.nowMs += 1000;
  play.keep({ status: 204 });
  expect(play.take()[0]).toContain("204 ");
});
