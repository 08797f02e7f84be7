// The runtime's facts about connecting that src/data/dialer.ts stands on.

import { expect, test } from "bun:test";
import { freePort } from "../e2e/harness/port.ts";
import { within } from "../e2e/harness/wait.ts";
import { End, endHandlers, settled } from "./pair.ts";

interface Refusal {
  readonly end: End;
  readonly rejection: unknown;
}

async function refused(target: { hostname: string; port: number } | { unix: string }): Promise<Refusal> {
  const end = new End();
  const common = { data: end, socket: endHandlers(() => end) };
  const connecting = "unix" in target ? Bun.connect({ ...target, ...common }) : Bun.connect({ ...target, ...common });
  const rejection = await within(
    "a refusal",
    connecting.then(
      () => null,
      (error: unknown) => error,
    ),
  );
  await settled();
  return { end, rejection };
}

test("a refused connection tells connectError exactly once, rejects as well, and never tells close", async () => {
  const { end, rejection } = await refused({ hostname: "127.0.0.1", port: freePort() });
  expect(end.told).toEqual(["connectError ECONNREFUSED"]);
  expect(rejection).toMatchObject({ code: "ECONNREFUSED" });
});

test("a unix socket that is missing, or whose path is too long, is refused in the same way", async () => {
  expect((await refused({ unix: "/nowhere/at/all.sock" })).end.told).toEqual(["connectError ENOENT"]);
  expect((await refused({ unix: `/${"x".repeat(200)}` })).end.told).toEqual(["connectError EINVAL"]);
});

test("an address that cannot be one is thrown, not told", () => {
  const socket = endHandlers(() => new End());
  expect(() => Bun.connect({ hostname: "", port: 80, data: new End(), socket })).toThrow();
  expect(() => Bun.connect({ hostname: "127.0.0.1", port: 70_000, data: new End(), socket })).toThrow();
});
