// Caches of a real Sluice: what two workers store for each other, what is left of it after reloads, killed workers and crashes of
// everything, and what the command line says and takes away.

import { expect, setDefaultTimeout, test } from "bun:test";
import type { CacheSummary, KeyAnswer, PurgedAnswer, WhyAnswer } from "../../src/control/cache/answer.ts";
import { Load } from "./harness/load.ts";
import { Origin, ok } from "./harness/origin.ts";
import { childrenOf, isAlive } from "./harness/processes.ts";
import { Room } from "./harness/room.ts";
import { type Draft, Sluice } from "./harness/sluice.ts";
import { says, until } from "./harness/wait.ts";

setDefaultTimeout(60_000);

const fields = ["Cache-Control: max-age=600", "Surrogate-Key: shoes"];

function originIn(room: Room): Origin {
  return new Origin(room, ({ target }) => ok(`the body of ${target}`, ...fields));
}

function draftOf(origin: Origin, cache: object = {}): Draft {
  return {
    workers: 2,
    caches: { pages: { size: "8mb", ...cache } },
    pools: { app: { servers: [origin.address], cache: "pages" } },
  };
}

async function status(sluice: Sluice, path: string): Promise<string> {
  const response = await fetch(`${sluice.url}${path}`, { headers: { connection: "close" } });
  expect(await response.text()).toBe(`the body of ${path}`);
  return /hit|fwd=[\w-]+/.exec(response.headers.get("cache-status") ?? "")?.[0] ?? "none";
}

async function json<T>(sluice: Sluice, ...words: readonly string[]): Promise<T> {
  const answer = await sluice.cli("cache", ...words, "--json");
  if (answer.code !== 0) throw new Error(answer.err);
  return JSON.parse(answer.out) as T;
}

async function why(sluice: Sluice, path: string): Promise<KeyAnswer> {
  const { keys } = await json<WhyAnswer>(sluice, "why", `${sluice.url}${path}`);
  expect(keys).toHaveLength(1);
  return keys[0]!;
}

async function killAll(sluice: Sluice): Promise<void> {
  const all = [sluice.pid, ...childrenOf(sluice.pid)];
  for (const pid of all) process.kill(pid, "SIGKILL");
  await until("all processes to be gone", () => !all.some(isAlive));
}

test("what one worker has stored any worker shows, over reloads, a killed worker, a crash and a restart", async () => {
  await using room = new Room();
  const origin = originIn(room);
  let sluice = await Sluice.start(room, draftOf(origin));
  expect(await status(sluice, "/a")).toBe("fwd=uri-miss");
  for (let turn = 0; turn < 8; turn++) expect(await status(sluice, "/a")).toBe("hit");

  await sluice.reload({ ...draftOf(origin), drainTimeout: "7s" });
  expect(await status(sluice, "/a")).toBe("hit");

  const [worker = 0] = await sluice.workers();
  process.kill(worker, "SIGKILL");
  await until("the worker to be replaced", async () => {
    const { workers } = await sluice.status();
    return workers.every(({ state, pid }) => state === "up" && pid !== worker);
  });
  for (let turn = 0; turn < 4; turn++) expect(await status(sluice, "/a")).toBe("hit");

  // Killed while they read and write.
  const load = new Load(sluice.port, { connections: 8 });
  await until("traffic", () => load.answered > 300);
  const stopped = load.stop();
  await killAll(sluice);
  await stopped;
  sluice = await Sluice.again(room, sluice);
  await until("it to say what it found", () =>
    /cache pages: \d+ responses? found from the run before/.test(sluice.stderr),
  );

  await status(sluice, "/a");
  sluice.child.kill("SIGTERM");
  expect(await sluice.exited()).toBe(0);
  sluice = await Sluice.again(room, sluice);
  expect(await status(sluice, "/a")).toBe("hit");
  await sluice.counted(1, "sluice_cache_requests_total", { pool: "app", result: "hit" });
});

test("another size makes another cache, in the middle of traffic", async () => {
  await using room = new Room();
  const origin = originIn(room);
  const sluice = await Sluice.start(room, draftOf(origin));
  const load = new Load(sluice.port, { connections: 4 });
  await until("traffic", () => load.answered > 100);
  await sluice.reload(draftOf(origin, { size: "9mb" }));
  const { answered } = load;
  await until("more traffic", () => load.answered > answered + 100);
  await load.stop();
  expect(load.errors).toEqual([]);
  await says(sluice, "cache pages: it has another size or policy now, and starts empty");
  // Each cache was cold once: of two workers that ask in the same moment both may go, of hundreds of requests no more.
  expect(origin.asked.length).toBeGreaterThanOrEqual(2);
  expect(origin.asked.length).toBeLessThanOrEqual(4);
});

test("the command line says why, and what it says comes true", async () => {
  await using room = new Room();
  const sluice = await Sluice.start(room, draftOf(originIn(room)));
  for (const path of ["/a", "/a", "/b?id=1", "/img/1", "/img/2"]) await status(sluice, path);
  expect(await why(sluice, "/a")).toMatchObject({
    ...{ cache: "pages", pools: ["app"], outcome: "hit" },
    stored: [{ isFresh: true, lifetimeFrom: "max-age", hits: 1, tags: ["shoes"] }],
  });
  expect(await why(sluice, "/c")).toMatchObject({ outcome: "miss", stored: [] });
  expect((await json<{ caches: CacheSummary[] }>(sluice, "ls")).caches).toMatchObject([
    { name: "pages", holds: { entries: 4 } },
  ]);

  expect(await json<PurgedAnswer>(sluice, "purge", "--url", `${sluice.url}/b?id=1`)).toMatchObject({ purged: 1 });
  expect(await status(sluice, "/b?id=1")).toStartWith("fwd=");
  expect(await status(sluice, "/a")).toBe("hit");
  expect(await json<PurgedAnswer>(sluice, "purge", "--prefix", `${sluice.url}/img/`)).toMatchObject({ purged: 2 });
  expect(await status(sluice, "/img/1")).toStartWith("fwd=");
  expect(await json<PurgedAnswer>(sluice, "purge", "--tag", "shoes", "--soft")).toMatchObject({ purged: 3 });
  expect(await why(sluice, "/a")).toMatchObject({ outcome: "revalidate", stored: [{ isPurged: true }] });
  expect(await status(sluice, "/a")).toStartWith("fwd=");
  expect(await why(sluice, "/a")).toMatchObject({ outcome: "hit" });
  const text = await sluice.cli("cache", "purge", "--all");
  expect(text.out.trim()).toBe("purged 3 responses in pages");
});

test("where a bypass of the pool holds for a request, why says so", async () => {
  await using room = new Room();
  const { pools, ...draft } = draftOf(originIn(room));
  const cache = { in: "pages", bypass: "cookies['session'] != ''" };
  const sluice = await Sluice.start(room, { ...draft, pools: { app: { ...pools!.app, cache } } });
  await status(sluice, "/a");
  const told = async (...words: string[]): Promise<unknown> => {
    const { keys, notes } = await json<WhyAnswer>(sluice, "why", `${sluice.url}/a`, ...words);
    return [keys[0]!.outcome, keys[0]!.because, notes];
  };
  const outside = "the cache was told to stay out of it. The answer is not stored: the pool's bypass condition holds";
  expect(await told("-H", "Cookie: session=1")).toEqual(["bypass", outside, []]);
  expect(await told("-H", "Cookie: other=1")).toEqual(["hit", expect.any(String), []]);
  expect(await told("-H", "Cache-Control: no-store")).toEqual(["bypass", expect.stringContaining("no-store"), []]);
});

test("a cache of each worker's own is purged in all of them", async () => {
  await using room = new Room();
  const sluice = await Sluice.start(room, draftOf(originIn(room), { memory: "worker" }));
  const ask = async (): Promise<string[]> => Promise.all(Array.from({ length: 16 }, () => status(sluice, "/a")));
  await until("both workers to have it", async () => (await ask()).every((each) => each === "hit"));
  expect(await json<PurgedAnswer>(sluice, "purge", "--all")).toMatchObject({ purged: 0, told: ["pages"] });
  await until("one to ask anew", async () => (await ask()).some((each) => each !== "hit"));
});
