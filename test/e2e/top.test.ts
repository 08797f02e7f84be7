// `sluice top` beside a real Sluice under traffic: one frame, JSON, and a terminal of its own.

import { expect, setDefaultTimeout, test } from "bun:test";
import { Load } from "./harness/load.ts";
import { Origin, ok } from "./harness/origin.ts";
import { childrenOf } from "./harness/processes.ts";
import { ran, testWith } from "./harness/program.ts";
import { Room } from "./harness/room.ts";
import { command, Sluice } from "./harness/sluice.ts";
import { until } from "./harness/wait.ts";

setDefaultTimeout(60_000);

async function stage(room: Room): Promise<Sluice> {
  const origin = new Origin(room, () => ok("fine"));
  const sluice = await Sluice.start(room, {
    tables: { seen: { key: "ip", expire: "1m", store: ["http_req_rate(10s)"] } },
    pools: { app: { servers: [origin.address], rules: [{ track: "seen" }] } },
  });
  const load = new Load(sluice.port, { connections: 2 });
  room.ending(() => load.stop());
  await until("traffic", () => load.answered > 20);
  return sluice;
}

test("one frame, for people and for programs", async () => {
  await using room = new Room();
  const sluice = await stage(room);
  const { code, out, err } = await ran([...command, "top", "--admin", sluice.admin, "--once"]);
  expect([code, err]).toEqual([0, ""]);
  expect(out).toMatch(/[1-9][\d.]*k? requests\/s/);
  for (const part of ["LISTENER", "POOL", "SERVER", "seen", "127.0.0.1", "http_req_rate"]) expect(out).toContain(part);
  expect(out).not.toContain("\x1b[");
  const { out: json } = await ran([...command, "top", "--admin", sluice.admin, "--once", "--json"]);
  const told = JSON.parse(json) as { figures: { requests: number }; servers: unknown[]; hotKeys: { table: string }[] };
  expect(told.figures.requests).toBeGreaterThan(0);
  expect([told.servers.length, told.hotKeys[0]?.table]).toEqual([1, "seen"]);
});

test("one frame into a slow pipe is whole, and one that cannot be written is a failure", async () => {
  await using room = new Room();
  const servers = Array.from({ length: 1500 }, (_, at) => `127.1.${at >> 8}.${at & 255}:9`);
  const sluice = await Sluice.start(room, { pools: { app: { servers } } });
  const words = [...command, "top", "--admin", sluice.admin, "--once", "--json"];
  // A reader who takes nothing before the writer has filled the pipe, and would have ended.
  const { out } = await ran(["sh", "-c", `"$@" | { sleep 3; cat; }`, "sh", ...words]);
  expect(out.length).toBeGreaterThan(2 * 65_536);
  expect((JSON.parse(out) as { servers: unknown[] }).servers.length).toBe(1500);
  const { code, err } = await ran(["sh", "-c", `"$@" > /dev/full`, "sh", ...words]);
  expect([code, err.includes("stdout cannot be written")]).toEqual([1, true]);
});

testWith(["script"])("one frame stays on the terminal, as wide as that is", async () => {
  await using room = new Room();
  const sluice = await stage(room);
  const words = [...command, "top", "--once", "--admin", sluice.admin].join(" ");
  const { code, out } = await ran(["script", "-qec", `stty cols 70 rows 30; ${words}`, "/dev/null"], {
    env: { TERM: "xterm", NO_COLOR: "1" },
  });
  expect(code).toBe(0);
  expect(out).toMatch(/[1-9][\d.]*k? requests\/s/);
  expect(out).not.toContain("\x1b[");
  expect(Math.max(...out.split(/\r?\n/).map((line) => line.length))).toBeLessThanOrEqual(70);
});

testWith(["script"])("a terminal has its screen back when it ends", async () => {
  await using room = new Room();
  const sluice = await stage(room);
  const words = [...command, "top", "--admin", sluice.admin].join(" ");
  const child = Bun.spawn(["script", "-qec", `stty cols 100 rows 30; ${words}`, "/dev/null"], {
    stdin: "pipe",
    stdout: "pipe",
    stderr: "ignore",
    env: { ...process.env, TERM: "xterm", NO_COLOR: "" },
  });
  let told = "";
  const decoder = new TextDecoder();
  const reading = (async () => {
    for await (const piece of child.stdout) told += decoder.decode(piece, { stream: true });
  })();
  await until("a frame", () => told.includes("requests/s") && told.includes("SERVER"));
  child.stdin.write("2");
  child.stdin.flush();
  await until(
    "the part that was chosen",
    () =>
      (told.split("\x1b[H").at(-1) ?? "").includes("LISTENER") &&
      !(told.split("\x1b[H").at(-1) ?? "").includes("SERVER"),
  );
  child.stdin.write("q");
  child.stdin.flush();
  expect(await child.exited).toBe(0);
  await reading;
  expect(told.indexOf("\x1b[?1049h")).toBeGreaterThanOrEqual(0);
  expect(told).toContain("\x1b[?25h\x1b[?1049l");
});

testWith(["script"])("a signal gives the terminal back too", async () => {
  await using room = new Room();
  const sluice = await stage(room);
  const words = [...command, "top", "--admin", sluice.admin].join(" ");
  const child = Bun.spawn(["script", "-qec", `stty cols 100 rows 30; ${words}; stty -a`, "/dev/null"], {
    stdin: "pipe",
    stdout: "pipe",
    stderr: "ignore",
    env: { ...process.env, TERM: "xterm" },
  });
  room.ending(() => child.kill());
  let told = "";
  const decoder = new TextDecoder();
  const reading = (async () => {
    for await (const piece of child.stdout) told += decoder.decode(piece, { stream: true });
  })();
  await until("a frame", () => told.includes("requests/s"));
  const [shell] = childrenOf(child.pid);
  const [top] = childrenOf(shell!);
  process.kill(top!, "SIGTERM");
  await reading;
  expect(told.indexOf("\x1b[?25h\x1b[?1049l")).toBeGreaterThan(told.indexOf("\x1b[?1049h"));
  expect(told.slice(told.indexOf("\x1b[?1049l"))).toMatch(/ icanon[\s\S]* echo /);
});
