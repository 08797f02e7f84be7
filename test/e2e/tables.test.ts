// Tables of a real Sluice: what two workers count together, and what is left of it after reloads, after workers that are killed, and
// after a crash of everything.

import { expect, setDefaultTimeout, test } from "bun:test";
import type { EntryAnswer, TableSummary } from "../../src/control/table/answer.ts";
import { Load } from "./harness/load.ts";
import { Origin, ok } from "./harness/origin.ts";
import { childrenOf, isAlive } from "./harness/processes.ts";
import { ran } from "./harness/program.ts";
import { Room } from "./harness/room.ts";
import { command, type Draft, Sluice } from "./harness/sluice.ts";
import { says, until } from "./harness/wait.ts";

setDefaultTimeout(60_000);

const usual = ["http_req_cnt", "gpc0", "conn_cur"];

/** Every request is tracked by its address and marked once. */
function draftOf(origin: Origin, store: readonly string[] = usual): Draft {
  return {
    workers: 2,
    tables: {
      seen: { key: "ip", size: "1k", expire: "1h", store: [...store] },
      users: { key: { string: 32 }, size: "100k", store: ["gpc0"] },
    },
    pools: {
      app: {
        servers: [origin.address],
        rules: { request: [{ track: "seen" }, { increment: "seen[src].gpc0" }] },
      },
    },
  };
}

async function seen(sluice: Sluice): Promise<EntryAnswer> {
  const answer = await sluice.cli("table", "get", "seen", "127.0.0.1", "--json");
  if (answer.code !== 0) throw new Error(answer.err);
  return JSON.parse(answer.out) as EntryAnswer;
}

async function released(sluice: Sluice): Promise<EntryAnswer> {
  return until("nothing to track the entry any more", async () => {
    const entry = await seen(sluice);
    return entry.uses === 0 && entry;
  });
}

async function killAll(sluice: Sluice): Promise<void> {
  const all = [sluice.pid, ...childrenOf(sluice.pid)];
  for (const pid of all) process.kill(pid, "SIGKILL");
  await until("all processes to be gone", () => !all.some(isAlive));
}

test("two workers count together, to the last request, over reloads", async () => {
  await using room = new Room();
  const origin = new Origin(room, () => ok("ok"));
  const sluice = await Sluice.start(room, draftOf(origin));
  const load = new Load(sluice.port, { connections: 16 });
  for (let count = 1; count <= 5; count++) {
    const { answered } = load;
    await until("traffic", () => load.answered > answered + 200);
    await sluice.reload({ ...draftOf(origin), drainTimeout: `${count}s` });
  }
  await load.stop();
  expect(load.errors.slice(0, 5)).toEqual([]);
  const entry = await released(sluice);
  expect(await sluice.metric("sluice_table_timeouts_total")).toBe(0);
  expect(entry.values).toEqual({ http_req_cnt: load.answered, gpc0: load.answered, conn_cur: 0 });
  expect((await sluice.status()).workers.map(({ restarts }) => restarts)).toEqual([0, 0]);
});

test("a limit lets through as many as it says, of a hundred connections at once over two workers", async () => {
  await using room = new Room();
  const origin = new Origin(room, () => ok("ok"));
  const limit = { rate: "1/h", burst: 137, by: "headers['x-key']" };
  const rules = { request: [{ name: "all together", limit }] };
  const sluice = await Sluice.start(room, { workers: 2, pools: { app: { servers: [origin.address], rules } } });
  const statuses = await Promise.all(
    Array.from({ length: 100 }, async () => {
      const own: number[] = [];
      for (let count = 0; count < 4; count++) {
        const response = await fetch(sluice.url, { headers: { "X-Key": "one" }, keepalive: count % 2 === 0 });
        await response.text();
        own.push(response.status);
      }
      return own;
    }),
  );
  const passed = statuses.flat().filter((status) => status === 200).length;
  expect([passed, statuses.flat().filter((status) => status === 429).length]).toEqual([137, 400 - 137]);
});

test("a worker that is killed loses nothing that was counted, and holds nothing afterwards", async () => {
  await using room = new Room();
  const origin = new Origin(room, () => ok("ok"));
  const sluice = await Sluice.start(room, draftOf(origin));
  const load = new Load(sluice.port, { connections: 16 });
  for (let death = 1; death <= 4; death++) {
    const { answered } = load;
    await until("traffic", () => load.answered > answered + 300);
    const [pid] = await sluice.workers();
    process.kill(pid!, "SIGKILL");
    await until(
      "two workers to be up",
      async () => {
        const { workers } = await sluice.status();
        return (
          workers.reduce((sum, worker) => sum + worker.restarts, 0) === death &&
          workers.every(({ state }) => state === "up")
        );
      },
      20_000,
    );
  }
  await load.stop();
  const entry = await released(sluice);
  // A request that was cut off may have been counted or not; every one that was answered has been.
  for (const count of [entry.values["http_req_cnt"]!, entry.values["gpc0"]!]) {
    expect(count).toBeGreaterThanOrEqual(load.answered);
    expect(count).toBeLessThanOrEqual(load.answered + load.errors.length);
  }
  expect(entry.values["conn_cur"]).toBe(0);
});

test("after a crash of everything the next start goes on counting where it ended", async () => {
  await using room = new Room();
  const origin = new Origin(room, () => ok("ok"));
  let sluice = await Sluice.start(room, draftOf(origin));
  const ask = async (times: number): Promise<void> => {
    for (let count = 0; count < times; count++) expect((await fetch(sluice.url)).status).toBe(200);
  };
  await ask(7);
  for (let crash = 1; crash <= 3; crash++) {
    // Killed while they write.
    const load = new Load(sluice.port, { connections: 8 });
    await until("traffic", () => load.answered > 300);
    const stopped = load.stop();
    await killAll(sluice);
    await stopped;
    const before = sluice;
    sluice = await Sluice.again(room, before);
    await says(sluice, "table seen: 1 entry found from the run before");
    const { uses, values } = await seen(sluice);
    expect([uses, values["conn_cur"]]).toEqual([0, 0]);
    expect(values["gpc0"]).toBeGreaterThanOrEqual(307);
    await sluice.cli("table", "set", "seen", "127.0.0.1", "gpc0=7");
  }
  await ask(3);
  expect((await released(sluice)).values["gpc0"]).toBe(10);

  sluice.child.kill("SIGTERM");
  expect(await sluice.exited()).toBe(0);
  await says(sluice, "are kept in");
  sluice = await Sluice.again(room, sluice);
  expect((await seen(sluice)).values["gpc0"]).toBe(10);
});

test("a table of another shape keeps what it can, and says what it did", async () => {
  await using room = new Room();
  const origin = new Origin(room, () => ok("ok"));
  const sluice = await Sluice.start(room, draftOf(origin));
  const load = new Load(sluice.port, { connections: 4 });
  await until("traffic", () => load.answered > 100);
  await load.stop();
  const before = await released(sluice);

  await sluice.reload(draftOf(origin, ["conn_rate(100s)", "gpc0", "gpc1"]));
  await says(sluice, "table seen: 1 entry taken over; conn_rate(100s), gpc1 start anew");
  await fetch(sluice.url);
  const after = await released(sluice);
  expect(after.values).toEqual({ "conn_rate(100s)": 1, gpc0: before.values["gpc0"]! + 1, gpc1: 0 });

  // A plan that is refused changes no table.
  const bad = { ...draftOf(origin, ["gpc0"]), listeners: { web: { listen: sluice.admin, use: "app" } } };
  await expect(sluice.reload(bad)).rejects.toThrow();
  expect((await seen(sluice)).values).toEqual(after.values);

  // What traffic began under the former shape may end under the new one.
  const busy = new Load(sluice.port, { connections: 8 });
  for (const store of [["gpc0"], ["gpc0", "conn_cur"], ["gpc0", "http_req_cnt"]]) {
    const { answered } = busy;
    await until("traffic", () => busy.answered > answered + 100);
    await sluice.reload(draftOf(origin, store));
  }
  await busy.stop();
  expect(busy.errors.slice(0, 5)).toEqual([]);
  expect((await released(sluice)).uses).toBe(0);
  expect((await sluice.status()).workers.map(({ restarts }) => restarts)).toEqual([0, 0]);

  const { tables: _, ...bare } = draftOf(origin);
  await sluice.reload({ ...bare, pools: { app: { servers: [origin.address] } } });
  await says(sluice, "table seen: removed, for the config does not name it any more");
});

test("what is marked while a reload waits for a first check is not lost by a table of another shape", async () => {
  await using room = new Room();
  const origin = new Origin(room, () => ok("ok"));
  const sluice = await Sluice.start(room, draftOf(origin));
  const asked = Promise.withResolvers<void>();
  // It accepts, and answers when it is told to.
  let answer: () => void = () => {};
  const slow = new Origin(room, () => {
    asked.resolve();
    return new Promise((resolve) => {
      answer = () => resolve(ok("well"));
    });
  });
  const draft = draftOf(origin, ["gpc0", "gpc1"]);
  const check = { http: "/", timeout: "1m", every: "1m" };
  const reloaded = sluice.reload({ ...draft, pools: { ...draft.pools, slow: { servers: [slow.address], check } } });
  await asked.promise;
  expect((await sluice.cli("table", "set", "seen", "192.0.2.1", "gpc0=7")).code).toBe(0);
  answer();
  await reloaded;
  const entry = await sluice.cli("table", "get", "seen", "192.0.2.1", "--json");
  expect((JSON.parse(entry.out) as EntryAnswer).values).toEqual({ gpc0: 7, gpc1: 0 });
});

test("the command line shows and changes entries, many or one", async () => {
  await using room = new Room();
  const origin = new Origin(room, () => ok("ok"));
  const sluice = await Sluice.start(room, draftOf(origin));
  const put = (user: number): Promise<Response> =>
    fetch(`http://${sluice.admin}/api/v1/tables/users/entries/user-${user}`, {
      method: "PUT",
      body: JSON.stringify({ gpc0: user % 10 }),
    });
  for (let user = 0; user < 2500; user += 50)
    await Promise.all(Array.from({ length: 50 }, async (_, offset) => (await put(user + offset)).text()));

  const list = JSON.parse((await sluice.cli("table", "ls", "--json")).out) as { tables: TableSummary[] };
  expect(list.tables.map(({ name, entries }) => [name, entries])).toEqual([
    ["seen", 0],
    ["users", 2500],
  ]);
  const all = JSON.parse((await sluice.cli("table", "show", "users", "--all", "--json")).out) as EntryAnswer[];
  expect(new Set(all.map(({ key }) => key)).size).toBe(2500);
  const some = await sluice.cli("table", "show", "users", "--where", "gpc0 > 8", "--limit", "7");
  expect(some.out.trim().split("\n")).toHaveLength(8);
  expect(some.err).toContain("(7 entries; --all shows the others too)");
  const words = [...command, "table", "show", "users", "--all", "--admin", sluice.admin];
  const head = await ran(["sh", "-c", `${words.map((word) => `'${word}'`).join(" ")} | head -n 3`]);
  expect(head.out.trim().split("\n")).toHaveLength(3);
  expect(head.err).toBe("");

  const cleared = await sluice.cli("table", "clear", "users", "--where", "gpc0 >= 5");
  expect([cleared.code, cleared.out]).toEqual([0, "cleared 1250 entries of users\n"]);
  expect((await sluice.cli("table", "clear", "users", "user-1")).out).toBe("cleared 1 entry of users\n");
  const gone = await sluice.cli("table", "get", "users", "user-1");
  expect([gone.code, gone.err]).toEqual([1, "sluice: table users has no entry user-1\n"]);
  expect((await sluice.cli("table", "clear", "users", "--all")).out).toBe("cleared 1249 entries of users\n");
  const typo = await sluice.cli("table", "show", "user");
  expect([typo.code, typo.err]).toEqual([1, 'sluice: there is no table user; did you mean "users"?\n']);
  const column = await sluice.cli("table", "set", "users", "a", "gpc1=1");
  expect([column.code, column.err]).toEqual([
    2,
    expect.stringContaining('table users does not store "gpc1"; it stores gpc0'),
  ]);
});
