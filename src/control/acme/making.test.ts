import { expect, test } from "bun:test";
import { silentLog } from "../log.ts";
import { makeAcme, pause } from "./making.ts";

test("a pause ends in its time, or when it is given up", async () => {
  await pause(1, new AbortController().signal);
  expect(pause(60_000, AbortSignal.abort())).rejects.toThrow("given up");
  const stop = new AbortController();
  const paused = pause(60_000, stop.signal);
  stop.abort();
  expect(paused).rejects.toThrow("given up");
});

test("without names it does nothing", async () => {
  const acme = makeAcme({
    log: silentLog(),
    version: "1",
    publish: () => Promise.reject(new Error("nothing to publish")),
  });
  await acme.look();
  expect([acme.status(), acme.figures(), acme.problems]).toEqual([[], null, []]);
  acme.close();
});
