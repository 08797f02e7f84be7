// A wall clock that is set while Sluice runs, forward and back, and a worker that stood still, as on a machine that was paused: what is
// refused, stored, dated and logged goes by the time that it is, and what came meanwhile is not called late.

import { expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { Origin, ok } from "./harness/origin.ts";
import { freePort } from "./harness/port.ts";
import { childrenOf, isStopped } from "./harness/processes.ts";
import { find } from "./harness/program.ts";
import { Room } from "./harness/room.ts";
import { Sluice } from "./harness/sluice.ts";
import { until } from "./harness/wait.ts";
import { WallClock } from "./harness/wallclock.ts";

setDefaultTimeout(90_000);

const me = "127.0.0.1";
const hour = 3600;
const nearMs = 30_000;
const testWithClock = WallClock.isThere && find("env") !== null ? test : test.skip;

testWithClock("after a step of the wall clock dates, bans, caches and logs go by the new time", async () => {
  await using room = new Room();
  const clock = new WallClock(room);
  const date = (): string => new Date(clock.nowMs).toUTCString();
  const origin = new Origin(room, ({ target }) => ok(target, "Cache-Control: max-age=600", `Date: ${date()}`));
  const log = room.path("access.log");
  const [port, ownPort] = [freePort(), freePort()];
  const sluice = await Sluice.start(
    room,
    {
      accessLog: { path: log, format: "json" },
      caches: { pages: { size: "8mb" } },
      listeners: {
        web: { listen: `127.0.0.1:${port}`, use: "app" },
        own: { listen: `127.0.0.1:${ownPort}`, use: "own" },
      },
      pools: {
        app: { servers: [origin.address], cache: "pages" },
        // Its answers carry the date of Sluice.
        own: { reply: { status: 204 } },
      },
    },
    { prefix: clock.prefix },
  );
  const { pid } = sluice;
  room.ending(() => WallClock.forget(pid));
  const isNear = (text: string | null): boolean => Math.abs(Date.parse(text ?? "") - clock.nowMs) < nearMs;
  const status = async (): Promise<number> => (await fetch(`http://127.0.0.1:${port}`)).status;
  const cached = async (path: string): Promise<string> =>
    (await fetch(`http://127.0.0.1:${port}${path}`)).headers.get("cache-status") ?? "";
  expect(await status()).toBe(200);

  for (const offset of [hour, -hour]) {
    clock.set(offset);
    await until(`dates to be ${offset} s away`, async () =>
      isNear((await fetch(`http://127.0.0.1:${ownPort}`)).headers.get("date")),
    );

    const path = `/stored/${offset}`;
    await until(`${path} to come from the cache`, async () => (await cached(path)).includes("hit"));

    // The control process hears of the step by itself.
    await until("a ban to end by the new time", async () => {
      const { out } = await sluice.cli("ban", me, "--force", "--for", "10m");
      const end = Date.parse(/until ([^\s;]+)/.exec(out)?.[1] ?? "");
      return isNear(new Date(end - 600_000).toUTCString());
    });
    await until("the ban to hold", async () => (await status()) === 403);
    expect((await sluice.cli("unban", me)).code).toBe(0);
    await until("the ban to be lifted", async () => (await status()) === 200);

    await fetch(`http://127.0.0.1:${port}/logged/${offset}`);
    const line = await until("the request to be logged", () =>
      readFileSync(log, "utf8")
        .split("\n")
        .find((each) => each.includes(`/logged/${offset}`)),
    );
    expect(isNear((JSON.parse(line) as { time: string }).time)).toBe(true);
  }
});

test("an answer that came while the worker stood still is passed on, though its time is over", async () => {
  await using room = new Room();
  const responseMs = 2000;
  const { promise: answer, resolve } = Promise.withResolvers<Buffer>();
  const origin = new Origin(room, () => answer);
  const sluice = await Sluice.start(room, {
    pools: { app: { servers: [origin.address], timeouts: { response: `${responseMs}ms` }, retries: 0 } },
  });
  const [worker] = childrenOf(sluice.pid);
  const response = fetch(sluice.url);
  await origin.request(1);
  process.kill(worker!, "SIGSTOP");
  try {
    await until("the worker to stand still", () => isStopped(worker!));
    // It is the time that passes which is tried: first a timer of the worker is due, then there is the answer, then it is too late for it.
    await Bun.sleep(500);
    resolve(ok("in time"));
    await Bun.sleep(responseMs);
  } finally {
    process.kill(worker!, "SIGCONT");
  }
  expect(await (await response).text()).toBe("in time");
});
