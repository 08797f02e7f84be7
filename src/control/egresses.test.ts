import { afterAll, afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EgressPlan, Plan } from "../config/plan.ts";
import { EgressPool } from "../egress/pool.ts";
import { sampleWish } from "../egress/sample.fixture.ts";
import { memberWord } from "../memory/egress.ts";
import { SharedEgressBoard } from "../memory/egressboard.ts";
import type { Owner } from "../memory/owners.ts";
import { egressPlan, gatewayMember } from "./egress/sample.fixture.ts";
import { Egresses } from "./egresses.ts";
import { openLog } from "./log.ts";

const root = mkdtempSync(join(tmpdir(), "sluice-egresses-"));
let next = 0;
let folder = "";
const open: Egresses[] = [];
beforeEach(() => {
  folder = join(root, String(next++));
});
afterEach(() => {
  for (const egresses of open.splice(0)) egresses.close();
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const living = new Set([1]);
const ownerOf = (id: number): Owner => ({
  ...{ id, startedAt: 7, isAlive: (other) => living.has(other), relax: () => {} },
});
const start = Date.UTC(2026, 10, 22, 9, 6, 3);

function stage(options: { boot?: string; isFresh?: boolean } = {}) {
  const lines: string[] = [];
  const log = openLog({ level: "debug", format: "json", isColored: false, write: (line) => lines.push(line) });
  const clock = { nowMs: start };
  const egresses = new Egresses({
    ...{ folder: join(folder, "egress"), logsFolder: join(folder, "logs"), owner: ownerOf(1), log },
    ...{ machine: { boot: options.boot ?? "boot", uptimeS: () => 1000 }, isFresh: options.isFresh ?? false },
    nowMs: () => clock.nowMs,
  });
  open.push(egresses);
  return {
    egresses,
    clock,
    said: (): string[] => lines.splice(0).map((line) => (JSON.parse(line) as { msg: string }).msg),
    warned: (): string[] =>
      lines.flatMap((line) => {
        const { level, msg } = JSON.parse(line) as { level: string; msg: string };
        return level === "warn" ? [msg] : [];
      }),
    adopt(...plans: EgressPlan[]) {
      const prepared = egresses.prepare({ egresses: plans } as unknown as Plan);
      prepared.keep();
      return prepared.files;
    },
    stateOf: (id: string): string => {
      const { pool } = egresses.all[0]!;
      const row = pool.board.memberOf(id);
      return row === 0 ? "unknown" : String(pool.board.words[row]);
    },
  };
}

const ids = ["203.0.113.1", "203.0.113.2", "203.0.113.3"];
const scrape = (own: Partial<EgressPlan> = {}): EgressPlan =>
  egressPlan({ members: ids.map((id, index) => gatewayMember(id, 19_001 + index)), ...own });
const order = (member: string, reason = "captchas") => ({ pool: "scrape", member, reason, by: "ann" });

describe("the board of a pool", () => {
  test("is told its members once, however many plans have them; a plan that is refused leaves those that were", () => {
    const { adopt, egresses } = stage();
    const plan = scrape();
    adopt(plan);
    const [{ board, pool }] = egresses.all as [(typeof egresses.all)[number]];
    const { version } = board;
    adopt({ ...plan, judge: { ...plan.judge } });
    expect([egresses.all[0]!.pool, board.version]).toEqual([pool, version]);
    adopt({ ...plan, choose: "leastUsed" });
    expect(egresses.all[0]!.pool).not.toBe(pool);
    expect(egresses.all[0]!.pool.plan.choose).toBe("leastUsed");
    expect(board.version).toBe(version);

    const other = { ...plan, members: [gatewayMember("203.0.113.9", 19_009)] };
    const refused = egresses.prepare({ egresses: [other] } as unknown as Plan);
    expect(["203.0.113.1", "203.0.113.9"].map((id) => board.memberOf(id) > 0)).toEqual([true, true]);
    refused.undo();
    expect(["203.0.113.1", "203.0.113.9"].map((id) => board.memberOf(id) > 0)).toEqual([true, false]);
    adopt(other);
    expect(["203.0.113.1", "203.0.113.9"].map((id) => board.memberOf(id) > 0)).toEqual([false, true]);
    adopt(plan);
    expect(["203.0.113.1", "203.0.113.9"].map((id) => board.memberOf(id) > 0)).toEqual([true, false]);
    expect([...egresses.all[0]!.rows]).toEqual(ids.map((id) => board.memberOf(id)));
  });

  test("stands in for what is under way until a plan with another shape is in force, and no longer", () => {
    const { adopt, egresses } = stage();
    const worker = new SharedEgressBoard(Bun.mmap(adopt(scrape())["scrape"]!, { shared: true }), "scrape", ownerOf(2));
    living.add(2);
    worker.hold(worker.memberOf(ids[0]!), 0);
    const other = scrape({ history: { entriesMax: 7, changesMax: 5 } });
    const activeOf = (board: SharedEgressBoard): number => board.words[board.memberOf(ids[0]!) + memberWord.active]!;
    const prepare = (): [ReturnType<Egresses["prepare"]>, SharedEgressBoard] => {
      const prepared = egresses.prepare({ egresses: [other] } as unknown as Plan);
      const bytes = Bun.mmap(prepared.files["scrape"]!, { shared: true });
      return [prepared, new SharedEgressBoard(bytes, "scrape", ownerOf(2))];
    };
    const [refused, unused] = prepare();
    expect(activeOf(unused)).toBe(1);
    refused.undo();
    expect(activeOf(worker)).toBe(1);
    const [prepared, board] = prepare();
    worker.passOn(board);
    expect(activeOf(board)).toBe(2);
    prepared.keep();
    expect(activeOf(board)).toBe(1);
    living.delete(2);
    egresses.recover();
    expect(activeOf(board)).toBe(0);
  });

  test("knows the members before anybody else hears of it", () => {
    const { adopt, egresses } = stage();
    const files = adopt(scrape());
    const bytes = Bun.mmap(files["scrape"]!, { shared: true });
    living.add(2);
    const worker = new SharedEgressBoard(bytes, "scrape", ownerOf(2));
    const pool = new EgressPool(egresses.all[0]!.plan, worker, () => 0.5);
    const wish = {
      host: "shop.example",
      key: "",
      user: "",
      tags: "",
      family: 0,
      isTunnel: false,
      tried: null,
    } as const;
    expect(pool.choose(wish, start).member).toBeGreaterThanOrEqual(0);
    expect(
      egresses.all[0]!.board.words[egresses.all[0]!.board.memberOf(ids[1]!) + memberWord.active],
    ).toBeGreaterThanOrEqual(0);
    // What a worker that dies held is let go of.
    const active = (): number =>
      egresses.all[0]!.rows.reduce((sum, row) => sum + egresses.all[0]!.board.words[row + memberWord.active]!, 0);
    expect(active()).toBe(1);
    living.delete(2);
    egresses.recover();
    expect(active()).toBe(0);
  });

  test("outlives the run, and goes with the machine's, but for bans, or when that is asked for", () => {
    const first = stage();
    first.adopt(scrape());
    expect(first.egresses.ban(order(ids[0]!), 0)).toBeNull();
    first.egresses.close();
    const second = stage();
    second.adopt(scrape());
    expect(second.said()).toEqual(["egress pool scrape: what was known of its addresses is found from the run before"]);
    expect(second.stateOf(ids[0]!)).toBe("4");
    second.egresses.close();
    const fresh = stage({ isFresh: true });
    fresh.adopt(scrape());
    expect(fresh.stateOf(ids[0]!)).toBe("1");
    fresh.egresses.ban(order(ids[0]!), 0);
    fresh.egresses.close();
    const later = stage({ boot: "another" });
    expect(later.warned()).toEqual([expect.stringContaining("what was known of its addresses is dropped")]);
    later.adopt(scrape());
    expect(later.said()).toContain("egress pool scrape: 1 ban of its addresses found from before");
    expect(later.stateOf(ids[0]!)).toBe("4");
  });

  test("that is damaged is made anew", () => {
    const first = stage();
    const files = first.adopt(scrape());
    first.egresses.close();
    truncateSync(files["scrape"]!, 5000);
    const second = stage();
    second.adopt(scrape());
    expect(second.warned()).toEqual([expect.stringContaining("dropped, for its file is damaged")]);
    expect(second.stateOf(ids[0]!)).toBe("1");
  });

  test("that is made anew, here by another layout, has the bans of operators that hold", () => {
    const first = stage();
    const files = first.adopt(scrape());
    first.egresses.ban(order(ids[0]!), 0);
    first.egresses.ban(order(ids[1]!, "blocked"), start + 60_000);
    first.egresses.ban(order(ids[2]!), 0);
    first.egresses.unban(order(ids[2]!));
    first.egresses.close();
    // The first words say what it is, and of which version.
    const damage = (): void => void Bun.mmap(files["scrape"]!, { shared: true }).fill(0, 0, 64);
    damage();
    const second = stage();
    second.adopt(scrape());
    expect(second.said()).toEqual([
      expect.stringContaining("dropped, for its file is damaged or of another version"),
      "egress pool scrape: 2 bans of its addresses found from before",
    ]);
    expect(ids.map(second.stateOf)).toEqual(["4", "4", "1"]);
    const { board, rows } = second.egresses.all[0]!;
    expect(board.text(board.words[rows[1]! + memberWord.causeText]!)).toBe("ann: blocked");
    second.clock.nowMs += 60_000;
    second.egresses.tick();
    expect(ids.map(second.stateOf)).toEqual(["4", "1", "1"]);
    second.egresses.close();
    damage();
    const third = stage();
    third.clock.nowMs += 60_000;
    third.adopt(scrape());
    expect(ids.map(third.stateOf)).toEqual(["4", "1", "1"]);
    third.egresses.unban(order(ids[0]!));
    expect(readdirSync(join(folder, "egress")).filter((name) => name.startsWith(".bans"))).toEqual([]);
  });

  test("has a member that was away banned as before, also over a start; not one whose ban is over, or was lifted", () => {
    const first = stage();
    const without = scrape({ members: [gatewayMember("203.0.113.9", 19_009)] });
    first.adopt(scrape());
    first.egresses.ban(order(ids[0]!), 0);
    first.egresses.ban(order(ids[1]!), start + 60_000);
    first.egresses.ban(order(ids[2]!), 0);
    first.egresses.unban(order(ids[2]!));
    first.adopt(without);
    first.said();
    first.adopt(scrape());
    expect(ids.map(first.stateOf)).toEqual(["4", "4", "1"]);
    expect(first.said()).toEqual(
      [ids[0]!, ids[1]!].map((id) => `egress pool scrape: ${id} is back, and banned as before`),
    );
    first.adopt(without);
    first.egresses.close();
    const second = stage();
    second.clock.nowMs += 60_000;
    second.adopt(without);
    second.adopt(scrape());
    expect(ids.map(second.stateOf)).toEqual(["4", "1", "1"]);
    second.egresses.unban(order(ids[0]!));
    second.adopt(without);
    second.adopt(scrape());
    expect(ids.map(second.stateOf)).toEqual(["1", "1", "1"]);
  });

  test("whose list of processes holds nothing but garbage is made anew: it does not keep Sluice from starting", () => {
    const first = stage();
    const files = first.adopt(scrape());
    first.egresses.close();
    // The header, which says what it is, is whole.
    Bun.mmap(files["scrape"]!, { shared: true }).fill(0x77, 4096, 65_536);
    const second = stage();
    second.adopt(scrape());
    expect(second.said().join()).toContain("dropped, for its file is damaged");
    expect(second.stateOf(ids[0]!)).toBe("1");
  });

  test("of another shape takes over what the former knew, in the run and over a restart", () => {
    const { adopt, egresses, said, stateOf } = stage();
    adopt(scrape());
    egresses.ban(order(ids[0]!), 0);
    const many = Array.from({ length: 100 }, (_, index) => gatewayMember(`198.51.100.${index}`, 20_000 + index));
    said();
    adopt(scrape({ members: [...scrape().members, ...many] }));
    expect(said()).toEqual([
      "egress pool scrape: what was known of its addresses is taken over into a board of another size",
    ]);
    expect([stateOf(ids[0]!), stateOf("198.51.100.7"), egresses.all[0]!.board.capacity]).toEqual(["4", "1", 128]);
    expect(readdirSync(join(folder, "egress")).filter((name) => !name.startsWith("."))).toHaveLength(1);
    egresses.close();
    const again = stage();
    again.adopt(scrape({ history: { entriesMax: 7, changesMax: 5 } }));
    expect(again.stateOf(ids[0]!)).toBe("4");
  });

  test("has room for the users of its quota, as many as they come to be, and knows what those have had that stay", () => {
    const { egresses, said } = stage();
    const quota = { requestsMax: 2, bytesMax: 0, periodMs: 3_600_000 };
    const namesTo = (count: number, from = 0): string[] =>
      Array.from({ length: count }, (_, index) => `user ${from + index}`);
    const adopt = (names: readonly string[]): SharedEgressBoard => {
      const pool = scrape({ quota, users: names.length });
      const auth = { users: names.map((name) => ({ name, secret: "" })) };
      const listeners = [{ auth, proxy: { pool: 0 } }];
      const pools = [{ targets: { egress: { http: 0, https: 0, tunnels: 0 } } }];
      egresses.prepare({ egresses: [pool], listeners, pools } as unknown as Plan).keep();
      return egresses.all[0]!.board;
    };
    const ask = (names: readonly string[]): number =>
      names.filter((user) => egresses.all[0]!.pool.choose(sampleWish({ user }), start).refusal === null).length;
    expect([adopt(namesTo(800)).shape.users, ask(namesTo(800)), ask(namesTo(800))]).toEqual([1024, 800, 800]);
    said();
    expect([adopt(namesTo(1600)).shape.users, ask(namesTo(800)), ask(namesTo(800, 800))]).toEqual([2048, 0, 800]);
    expect(said()).toHaveLength(1);
    // Others in their place: there is room for them at once, whatever those have had.
    expect([adopt(namesTo(1600, 1500)).shape.users, ask(namesTo(1600, 1500))]).toEqual([2048, 1600]);
    expect([ask(namesTo(1600, 1500)), ask(namesTo(1600, 1500))]).toEqual([1500, 0]);
    // Fewer: a smaller board, on which those that stay have had what they had.
    expect([adopt(namesTo(100, 1550)).shape.users, ask(namesTo(100, 1550))]).toEqual([1024, 0]);
    expect(egresses.all[0]!.board.count("user")).toBe(100);
  });

  test("loses nothing by a plan that is refused, and members that left by one that is not", () => {
    const { egresses, adopt, stateOf } = stage();
    adopt(scrape());
    egresses.ban(order(ids[0]!), 0);
    const other = scrape({ members: [gatewayMember("192.0.2.9", 19_009), gatewayMember(ids[1]!, 19_002)] });
    const refused = egresses.prepare({ egresses: [other] } as unknown as Plan);
    expect([stateOf(ids[0]!), stateOf("192.0.2.9")]).toEqual(["4", "1"]);
    refused.undo();
    expect([stateOf(ids[0]!), stateOf("192.0.2.9")]).toEqual(["4", "unknown"]);
    adopt(other);
    expect([stateOf(ids[0]!), stateOf(ids[1]!), stateOf("192.0.2.9")]).toEqual(["unknown", "1", "1"]);
    expect(egresses.all[0]!.rows).toHaveLength(2);
  });

  test("of a log that cannot be understood is not even begun", () => {
    const { egresses } = stage();
    const bad = scrape({
      logs: [{ path: "/x", format: { kind: "nginx", text: "$request" }, mode: "serve", everyMs: 0 }],
    });
    expect(() => egresses.prepare({ egresses: [bad] } as unknown as Plan)).toThrow(
      "the format of the log /x of the egress pool scrape must say $status",
    );
    expect(readdirSync(join(folder, "egress"))).toEqual([".machine"]);
  });
});

describe("time", () => {
  test("ends states by itself, and every change is told and counted", () => {
    const { egresses, adopt, clock, said, stateOf } = stage();
    adopt(scrape());
    said();
    expect(egresses.ban(order(ids[0]!), start + 60_000)).toBeNull();
    expect(said()).toEqual([`egress pool scrape: ${ids[0]} is banned until 2026-11-22T09:07:03.000Z by ann: captchas`]);
    clock.nowMs += 59_000;
    egresses.tick();
    expect(stateOf(ids[0]!)).toBe("4");
    clock.nowMs += 2000;
    egresses.tick();
    expect(stateOf(ids[0]!)).toBe("1");
    expect(said()).toEqual([`egress pool scrape: ${ids[0]} is available (its time was over)`]);
    egresses.ban(order(ids[1]!), 0);
    expect(egresses.unban(order(ids[1]!, ""))).toBeNull();
    expect(said().at(-1)).toBe(
      `egress pool scrape: ${ids[1]} is available, let off by ann; what was held against it is forgotten`,
    );
    expect(egresses.all[0]!.changes.counts()).toEqual([
      { state: "banned", cause: "manual", count: 2 },
      { state: "available", cause: "over", count: 1 },
      { state: "available", cause: "unbanned", count: 1 },
    ]);
  });

  test("a flood of changes is told by number", () => {
    const members = Array.from({ length: 30 }, (_, index) => gatewayMember(`198.51.100.${index}`, 20_000 + index));
    const { egresses, adopt, said } = stage();
    adopt(scrape({ members }));
    const { pool, changes, plan, rows } = egresses.all[0]!;
    for (const { id } of members) pool.ban(id, start + 1, "x", start);
    pool.tick(start + 1000);
    said();
    changes.look(rows, (index) => plan.members[index]!.id);
    const lines = said();
    expect(lines).toHaveLength(11);
    expect(lines.at(-1)).toBe("egress pool scrape: other changes of its addresses: 20 available");
  });
});

describe("logs", () => {
  const format = { kind: "nginx", text: '[$time_local] "$request" $status $server_port $http_x_egress_host' } as const;
  const line = (status: number, port: number, second: number): string =>
    `[22/Nov/2026:09:06:0${second} +0000] "GET / HTTP/1.1" ${status} ${port} shop.example\n`;

  test("are evidence, and are not told twice over a restart", async () => {
    rmSync(join(root, "host.log"), { force: true });
    const path = join(root, "host.log");
    const plan = scrape({ logs: [{ path, format, mode: "parse", everyMs: 0 }] });
    writeFileSync(path, line(403, 19_001, 0) + line(403, 19_001, 1) + line(200, 19_002, 1));
    const first = stage();
    first.adopt(plan);
    await first.egresses.renew("scrape", "ann");
    expect(first.said().at(-1)).toBe("logs of the egress pool scrape were read by ann");
    expect(first.stateOf(ids[0]!)).toBe("1");
    first.egresses.close();
    const second = stage();
    second.adopt(plan);
    await second.egresses.renew(null, "");
    const requests = (egresses: Egresses): number[] =>
      [...egresses.all[0]!.rows].map((row) => egresses.all[0]!.board.words[row + memberWord.requests]!);
    expect(requests(second.egresses)).toEqual([2, 1, 0]);
    appendFileSync(path, line(403, 19_001, 2));
    await second.egresses.renew("scrape", "");
    expect(requests(second.egresses)).toEqual([3, 1, 0]);
    second.egresses.close();
    // A board that has lost everything is filled again from what the log still says.
    const fresh = stage({ isFresh: true });
    fresh.adopt(plan);
    await fresh.egresses.renew("scrape", "");
    expect(requests(fresh.egresses)).toEqual([3, 1, 0]);
    expect(fresh.egresses.logFigures().get("scrape")).toMatchObject({
      ...{ lines: { good: 4 }, bytes: statSync(path).size, logs: [{ files: 1, absent: 0 }] },
    });
    expect(await fresh.egresses.renew("other", "")).toBe("the egress pool other has no logs");
  });

  test("are read to their end when that is asked for, also just after they were rotated", async () => {
    const path = join(root, "rotated.log");
    writeFileSync(path, "");
    const { egresses, adopt, clock } = stage();
    const begunMs = performance.now();
    Object.defineProperty(clock, "nowMs", { get: () => start + performance.now() - begunMs });
    adopt(scrape({ logs: [{ path, format, mode: "serve", everyMs: 300_000 }] }));
    await egresses.renew("scrape", "");
    appendFileSync(path, line(200, 19_001, 0));
    renameSync(path, `${path}.1`);
    writeFileSync(path, line(200, 19_001, 1));
    await egresses.renew("scrape", "");
    expect(egresses.logFigures().get("scrape")).toMatchObject({ lines: { good: 2 } });
  });

  test("make members leave as requests do, by the pool's own rules", async () => {
    const path = join(root, "judged.log");
    const judge = {
      ...scrape().judge,
      per: "member",
      statuses: [{ on: { from: 400, to: 599 }, means: "failure" }],
    } as const;
    writeFileSync(path, line(403, 19_001, 0) + line(404, 19_001, 1) + line(500, 19_001, 2));
    const { egresses, adopt, stateOf } = stage();
    adopt(scrape({ judge, logs: [{ path, format, mode: "parse", everyMs: 0 }] }));
    await egresses.renew("scrape", "");
    expect([stateOf(ids[0]!), stateOf(ids[1]!)]).toEqual(["2", "1"]);
  });

  test("are read further when the config changes something else", async () => {
    const path = join(root, "kept.log");
    writeFileSync(path, "");
    const plan = scrape({ logs: [{ path, format, mode: "serve", everyMs: 0 }] });
    const { egresses, adopt } = stage();
    adopt(plan);
    await egresses.renew("scrape", "");
    appendFileSync(path, line(200, 19_001, 0));
    await egresses.renew("scrape", "");
    adopt({ ...plan, waitMs: 7 });
    appendFileSync(path, line(200, 19_003, 0));
    await egresses.renew("scrape", "");
    adopt({ ...plan, members: plan.members.slice(1) });
    appendFileSync(path, line(200, 19_001, 0) + line(200, 19_002, 0));
    await egresses.renew("scrape", "");
    expect(egresses.logFigures().get("scrape")!.lines).toMatchObject({ good: 3, unknown: 1 });
  });
});

describe("memory", () => {
  test("300 addresses with 1,000 outcomes and 1,000 changes each take less than 10 MiB, kept exactly", () => {
    const { egresses, adopt } = stage();
    const members = Array.from({ length: 300 }, (_, index) =>
      gatewayMember(`203.0.${index >> 8}.${index & 255}`, 19_001 + index),
    );
    adopt(scrape({ members, history: { entriesMax: 1000, changesMax: 1000 } }));
    const { board, rows } = egresses.all[0]!;
    const outcome = { atMs: start, status: 200, fault: 0, flags: 0, durationMs: 42, host: 0, key: 0 };
    const change = { atMs: start, state: 1, cause: 6, forMs: 0, text: 0 } as const;
    for (const [index, row] of rows.entries()) {
      expect(board.open()).toBe(true);
      for (let round = 0; round < 1100; round++) {
        outcome.status = 200 + (round % 300);
        outcome.host = board.textOf(`shop-${(index + round) % 200}.example`);
        outcome.key = board.textOf(`session-${round % 1000}`);
        board.keep(row, outcome);
        board.keepChange(row, change);
      }
      board.close();
    }
    for (const row of [rows[0]!, rows[299]!]) {
      const statuses: number[] = [];
      board.history(row, 5000, ({ status }) => statuses.push(status) > 0);
      expect([statuses.length, statuses[0], statuses[999]]).toEqual([1000, 200 + (1099 % 300), 200 + (100 % 300)]);
    }
    const bytes = egresses.boards.bytesOf("scrape");
    expect(bytes).toBeGreaterThan(300 * 1000 * 32);
    expect(bytes).toBeLessThan(10 * 2 ** 20);
  });
});
