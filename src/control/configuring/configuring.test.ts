// Configuring together with all that is around it, which is played: a file in a folder of its own, a clock that is moved, and plans that are only counted.

import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { loadConfig } from "../../config/load.ts";
import type { Materials } from "../../config/materials.ts";
import type { Plan } from "../../config/plan.ts";
import type { Config } from "../../config/types.ts";
import { openLog } from "../log.ts";
import { Configuring } from "./configuring.ts";
import type { Changed, PatchOperation } from "./service.ts";
import type { Version } from "./source.ts";

const folder = mkdtempSync(join(tmpdir(), "sluice-configuring-"));
afterAll(() => rmSync(folder, { recursive: true }));
let next = 0;

const usual = `# Our shop.
admin: { token: "\${TOKEN:-correct-horse-battery}" }
listeners:
  web: { listen: "127.0.0.1:8080", use: app } # the only one
pools:
  app:
    # The big one first.
    servers: ["10.0.0.1:80^3", "10.0.0.2:80"]
    retries: 1
`;

async function stage(text = usual, extension = ".yaml") {
  const path = join(folder, `${next++}${extension}`);
  writeFileSync(path, text, { mode: 0o640 });
  const loaded = await loadConfig(path);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  const world = {
    generation: 1,
    nowMs: 1_000_000,
    hindrance: null as string | null,
    problem: null as string | null,
    busy: [] as string[],
    /** Thrown instead: in reading the file, in putting it in force. */
    faults: { load: null as Error | null, apply: null as Error | null },
    inForce: loaded.config as Config,
    materials: loaded.materials as Materials,
    timers: [] as { atMs: number; call: () => void }[],
    lines: [] as string[],
  };
  const configuring = new Configuring({
    source: {
      path,
      load: async (inUse) => {
        if (world.faults.load !== null) throw world.faults.load;
        return loadConfig(path, process.env, inUse);
      },
    },
    first: { ...loaded, foreign: loaded.origin?.program ?? null, warned: new Set() },
    log: openLog({ level: "info", format: "text", isColored: false, write: (line) => void world.lines.push(line) }),
    ...{ workers: 1, cores: 1 },
    plan: () => ({ generation: world.generation }) as Plan, // Nothing else is asked of it.
    hindrance: () => world.hindrance,
    materials: () => world.materials,
    problemsOf: async () => world.busy,
    apply: async () => {
      if (world.faults.apply !== null) throw world.faults.apply;
      if (world.problem === null) world.generation++;
      return world.problem;
    },
    adopted: ({ config, materials }: Version) => {
      world.inForce = config;
      world.materials = materials;
    },
    nowMs: () => world.nowMs,
    after: (ms, call) => {
      const timer = { atMs: world.nowMs + ms, call };
      world.timers.push(timer);
      return () => void (world.timers = world.timers.filter((each) => each !== timer));
    },
  });
  /** Moves the clock, and lets what is due be done. */
  const move = async (ms: number): Promise<void> => {
    world.nowMs += ms;
    const due = world.timers.filter(({ atMs }) => atMs <= world.nowMs);
    world.timers = world.timers.filter(({ atMs }) => atMs > world.nowMs);
    for (const { call } of due) call();
    await configuring.write().catch(() => {}); // Whatever was in turn before is done by then.
  };
  const save = (now: string): void => writeFileSync(path, now);
  return { configuring, world, move, save, path };
}

const merge = (patch: unknown) => ({ kind: "merge", patch }) as const;
const operations = (...list: PatchOperation[]) => ({ kind: "operations", operations: list }) as const;
const heavier: PatchOperation = { op: "replace", path: "/pools/app/servers/0", value: "10.0.0.1:80^5" };

function answerOf(changed: Changed) {
  if (!changed.ok) throw new Error(changed.message);
  return changed.answer;
}

describe("a reload", () => {
  test("says what has changed and what follows", async () => {
    const { configuring, world, save } = await stage();
    save(usual.replace("^3", "^5").replace("retries: 1", "retries: 2"));
    expect(answerOf(await configuring.reload())).toEqual({
      ...{ successful: true, generation: 2, problems: [], warnings: [], isDryRun: false, confirmBy: null },
      diff: {
        changes: [
          { kind: "changed", path: "pools.app.servers[0]", before: "10.0.0.1:80^3", after: "10.0.0.1:80^5" },
          { kind: "changed", path: "pools.app.retries", before: 1, after: 2 },
        ],
        effects: [
          "pool app: 10.0.0.1:80 has weight 5 instead of 3",
          "pool app: new settings hold from the next request on",
        ],
        restart: [],
      },
    });
    expect(world.inForce.pools["app"]!.retries).toBe(2);
  });

  test("that is only tried changes nothing, and says nothing in the log", async () => {
    const { configuring, world, save } = await stage();
    save(usual.replace("^3", "^5"));
    const before = configuring.config;
    const answer = answerOf(await configuring.reload({ isDryRun: true, confirmMs: 1000 }));
    expect(answer).toMatchObject({ successful: true, generation: 1, isDryRun: true, confirmBy: null });
    expect(answer.diff?.changes).toHaveLength(1);
    expect([configuring.config, world.generation, world.lines, world.timers]).toEqual([before, 1, [], []]);
    world.busy = ["cannot listen on 127.0.0.1:8080"];
    expect(answerOf(await configuring.reload({ isDryRun: true }))).toMatchObject({
      successful: false,
      problems: ["cannot listen on 127.0.0.1:8080"],
    });
    expect(configuring.last.isSuccessful).toBe(true);
  });

  test("of a bad file leaves everything as it was", async () => {
    const { configuring, save } = await stage();
    save(usual.replace("retries: 1", "retries: many"));
    const answer = answerOf(await configuring.reload());
    expect(answer).toMatchObject({ successful: false, generation: 1, diff: null });
    expect(answer.problems[0]).toContain("pools.app.retries must be a whole number");
    expect(configuring.last).toMatchObject({ isSuccessful: false, problems: answer.problems });
  });

  test("that fails in a way that nobody has foreseen has that for its outcome", async () => {
    for (const at of ["load", "apply"] as const) {
      const { configuring, world, save } = await stage();
      save(usual.replace("retries: 1", "retries: 2"));
      world.faults[at] = new RangeError("Maximum call stack size exceeded.");
      const problems = ["it failed in a way that was not foreseen: Maximum call stack size exceeded."];
      expect(answerOf(await configuring.reload())).toMatchObject({ successful: false, generation: 1, problems });
      expect(configuring.last).toMatchObject({ isSuccessful: false, problems });
      expect(configuring.config.pools["app"]!.retries).toBe(1);
      expect(world.lines.join("")).toContain("the configuration was not loaded; plan 1 stays in force");
      expect(world.lines.join("")).toContain("configuring.test.ts");
      world.faults[at] = null;
      expect(answerOf(await configuring.reload())).toMatchObject({ successful: true, generation: 2 });
    }
  });

  test("names what is lost of changes that no file has", async () => {
    const { configuring, save } = await stage();
    answerOf(await configuring.change(operations(heavier)));
    save(usual.replace("retries: 1", "retries: 2"));
    const lost = "lost is what was changed over the admin API and not written to the file: pools.app.servers[0]";
    const tried = answerOf(await configuring.reload({ isDryRun: true }));
    expect([tried.warnings, tried.diff?.effects.at(-1)]).toEqual([[lost], lost]);
    answerOf(await configuring.reload());
    expect(configuring.describe().unwritten).toEqual([]);
    expect(configuring.config.pools["app"]!.servers[0]).toBe("10.0.0.1:80^3");
  });

  test("does not speak of changes that the file has by now", async () => {
    const { configuring, save } = await stage();
    answerOf(await configuring.change(operations(heavier)));
    save(usual.replace("^3", "^5"));
    expect(answerOf(await configuring.reload()).warnings).toEqual([]);
  });
});

describe("a change", () => {
  test("is in force as if the file said so, and is known as unwritten", async () => {
    const { configuring, world } = await stage();
    const answer = answerOf(await configuring.change(merge({ pools: { app: { retries: 5, queue: { length: 7 } } } })));
    expect(answer).toMatchObject({ successful: true, generation: 2 });
    expect(world.inForce.pools["app"]).toMatchObject({ retries: 5, queue: { length: 7 } });
    expect(configuring.describe()).toMatchObject({
      unwritten: [
        { kind: "changed", path: "pools.app.retries", before: 1, after: 5 },
        { kind: "changed", path: "pools.app.queue.length" },
      ],
      writeProblem: null,
    });
    expect(configuring.configured.pools["app"]!.retries).toBe(1);
  });

  test("is judged like a file, each problem by its key", async () => {
    const { configuring, world } = await stage();
    const answer = answerOf(await configuring.change(merge({ pools: { app: { retires: 5 } }, workers: "many" })));
    expect(answer.problems).toEqual([
      expect.stringContaining("the change: error: workers must be"),
      expect.stringContaining('the change: error: pools.app.retires is not a known key; did you mean "retries"?'),
    ]);
    expect(world.generation).toBe(1);
    expect(configuring.last.isSuccessful).toBe(true);
  });

  test("that does not fit is refused by the operation", async () => {
    const { configuring } = await stage();
    expect(await configuring.change(operations(heavier, { op: "remove", path: "/pools/none" }))).toEqual({
      ok: false,
      status: 422,
      message: "operation 2 (remove /pools/none): there is nothing at /pools/none",
    });
    expect(await configuring.change(merge("text"))).toMatchObject({
      status: 422,
      message: "what it makes is no config",
    });
  });

  test("may send back what was not shown, and keeps it", async () => {
    const { configuring, world } = await stage();
    const { config } = configuring.describe();
    expect(JSON.stringify(config)).not.toContain("horse");
    const pools = { app: { ...(config["pools"] as Config["pools"])["app"], retries: 3 } };
    answerOf(await configuring.change(merge({ ...config, pools })));
    expect(world.inForce).toMatchObject({ admin: { token: "correct-horse-battery" }, pools: { app: { retries: 3 } } });
    const test = { op: "test", path: "/admin/token", value: "(redacted)" } as const;
    expect((await configuring.change(operations(test), { isDryRun: true })).ok).toBe(true);
    expect(await configuring.change(merge({ debug: { token: "(redacted)" } }))).toMatchObject({ status: 422 });
  });

  test("whose plan is refused changes nothing", async () => {
    const { configuring, world } = await stage();
    world.problem = "refused";
    const before = configuring.config;
    expect(answerOf(await configuring.change(operations(heavier), { confirmMs: 1000 }))).toMatchObject({
      ...{ successful: false, problems: ["refused"], confirmBy: null },
    });
    expect([configuring.config, world.timers]).toEqual([before, []]);
  });

  test("is not taken while Sluice drains", async () => {
    const { configuring, world } = await stage();
    world.hindrance = "Sluice is draining";
    expect(await configuring.change(operations(heavier))).toMatchObject({ status: 409, message: "Sluice is draining" });
  });
});

describe("a time to confirm", () => {
  test("that passes brings back what was before, with what its files held", async () => {
    const { configuring, world, move } = await stage();
    const { config, materials } = { config: configuring.config, materials: world.materials };
    const answer = answerOf(await configuring.change(operations(heavier), { confirmMs: 60_000 }));
    expect(answer.confirmBy).toBe(new Date(1_060_000).toISOString());
    await move(59_999);
    expect(world.inForce).not.toBe(config);
    await move(1);
    expect([world.inForce, world.materials, configuring.config]).toEqual([config, materials, config]);
    expect(world.inForce).toBe(config);
    expect(configuring.describe()).toMatchObject({ confirmBy: null, unwritten: [], generation: 3 });
    expect(world.lines.join("")).toContain(
      "the configuration of before is in force again, for nobody has confirmed it in time",
    );
  });

  test("keeps everything else out, but not dry runs", async () => {
    const { configuring, save } = await stage();
    answerOf(await configuring.change(operations(heavier), { confirmMs: 60_000 }));
    save(usual.replace("retries: 1", "retries: 2"));
    for (const refused of [
      await configuring.reload(),
      await configuring.change(operations(heavier)),
      await configuring.write(),
    ])
      expect(refused).toMatchObject({
        ok: false,
        status: 409,
        message: expect.stringContaining("waits to be confirmed"),
      });
    expect(answerOf(await configuring.reload({ isDryRun: true })).successful).toBe(true);
    expect(configuring.confirm()).toEqual({ ok: true });
    expect(answerOf(await configuring.reload()).successful).toBe(true);
  });

  test("ends when it is confirmed, and nothing is rolled back", async () => {
    const { configuring, world, move } = await stage();
    answerOf(await configuring.change(operations(heavier), { confirmMs: 1000 }));
    expect(configuring.confirm()).toEqual({ ok: true });
    await move(5000);
    expect(world.inForce.pools["app"]!.servers[0]).toBe("10.0.0.1:80^5");
    expect(configuring.confirm()).toMatchObject({ status: 409, message: "nothing waits to be confirmed" });
    expect(await configuring.rollback()).toMatchObject({ status: 409 });
  });

  test("is cut short by a roll-back, after which the file may be mended and loaded without a word of losses", async () => {
    const { configuring, save } = await stage();
    const before = configuring.config;
    save(usual.replace("retries: 1", "retries: 9"));
    answerOf(await configuring.reload({ confirmMs: 60_000 }));
    expect(answerOf(await configuring.rollback()).diff?.changes).toMatchObject([{ before: 9, after: 1 }]);
    expect(configuring.config).toBe(before);
    expect(configuring.describe().unwritten).toEqual([]);
    save(usual.replace("retries: 1", "retries: 2"));
    expect(answerOf(await configuring.reload()).warnings).toEqual([]);
  });

  test("rolled back is not what the file says: that is told until it is mended or loaded", async () => {
    const { configuring, world, move, save, path } = await stage();
    const edited = usual.replace("retries: 1", "retries: 9");
    save(edited);
    answerOf(await configuring.reload({ confirmMs: 1000 }));
    expect(configuring.describe().rolledBackAt).toBeNull();
    await move(1000);
    const rolledBackAt = new Date(world.nowMs).toISOString();
    expect(configuring.describe()).toMatchObject({ rolledBackAt, unwritten: [] });
    expect(await configuring.write()).toMatchObject({
      ok: false,
      status: 409,
      message: expect.stringContaining(`what ${path} says was rolled back at ${rolledBackAt}`),
      byHand: "set pools.app.retries: 1",
    });
    expect(readFileSync(path, "utf8")).toBe(edited);
    // A change over the API that is rolled back is no file's.
    answerOf(await configuring.change(operations(heavier), { confirmMs: 1000 }));
    answerOf(await configuring.rollback());
    expect(configuring.describe().rolledBackAt).toBe(rolledBackAt);
    answerOf(await configuring.reload({ isDryRun: true }));
    expect(configuring.describe().rolledBackAt).toBe(rolledBackAt);
    save(usual);
    answerOf(await configuring.reload({ isDryRun: true }));
    expect(configuring.describe().rolledBackAt).toBeNull();
    expect(await configuring.write()).toMatchObject({ answer: { changes: 0 } });
    save(edited);
    answerOf(await configuring.reload({ confirmMs: 1000 }));
    answerOf(await configuring.rollback());
    save(usual);
    expect(await configuring.write()).toMatchObject({ answer: { changes: 0 } });
    expect(configuring.describe().rolledBackAt).toBeNull();
    answerOf(await configuring.change(operations(heavier), { confirmMs: 1000 }));
    answerOf(await configuring.rollback());
    expect(configuring.describe().rolledBackAt).toBeNull();
  });

  test("whose roll-back fails is tried again, and can still be confirmed", async () => {
    const { configuring, world, move } = await stage();
    answerOf(await configuring.change(operations(heavier), { confirmMs: 1000 }));
    world.problem = "no room";
    await move(1000);
    expect(world.lines.join("")).toContain("could not be rolled back, and is tried again in 5 s: no room");
    expect(world.inForce.pools["app"]!.servers[0]).toBe("10.0.0.1:80^5");
    world.busy = ["listener web: another program has 127.0.0.1:8080"];
    await move(5000);
    expect(world.lines.join("")).toContain("in 5 s: listener web: another program has 127.0.0.1:8080");
    [world.problem, world.busy] = [null, []];
    await move(5000);
    expect(world.inForce.pools["app"]!.servers[0]).toBe("10.0.0.1:80^3");
  });

  test("ends with Sluice", async () => {
    const { configuring, world } = await stage();
    answerOf(await configuring.change(operations(heavier), { confirmMs: 1000 }));
    configuring.close();
    expect(world.timers).toEqual([]);
  });
});

describe("what is unwritten", () => {
  test("goes into YAML with all comments and variables left, and the former file stays beside it", async () => {
    const { configuring, path } = await stage();
    answerOf(await configuring.change(operations(heavier, { op: "add", path: "/pools/app/queue/length", value: 7 })));
    expect(await configuring.write()).toEqual({ ok: true, answer: { file: path, changes: 2, backup: `${path}.bak` } });
    expect(readFileSync(path, "utf8")).toBe(
      `${usual.replace('"10.0.0.1:80^3"', '"10.0.0.1:80^5"')}    queue:\n      length: 7\n`,
    );
    expect(readFileSync(`${path}.bak`, "utf8")).toBe(usual);
    expect([statSync(path).mode & 0o777, statSync(`${path}.bak`).mode & 0o777]).toEqual([0o640, 0o640]);
    expect(configuring.describe().unwritten).toEqual([]);
    expect(answerOf(await configuring.reload()).diff?.changes).toEqual([]);
    expect(await configuring.write()).toMatchObject({ answer: { changes: 0, backup: null } });
  });

  test("goes into TOML and JSON", async () => {
    const toml =
      '# Shop.\n[listeners.web]\nlisten = "127.0.0.1:8080"\nuse = "app"\n\n[pools.app]\nservers = ["10.0.0.1:80^3"]\nretries = 1 # no more\n';
    const one = await stage(toml, ".toml");
    answerOf(await one.configuring.change(merge({ pools: { app: { retries: 4 } }, drainTimeout: "5s" })));
    expect((await one.configuring.write()).ok).toBe(true);
    expect(readFileSync(one.path, "utf8")).toBe(
      toml
        .replace("retries = 1 #", "retries = 4 #")
        .replace("[listeners.web]", 'drainTimeout = "5s"\n\n[listeners.web]'),
    );
    const json =
      '{\n  "listeners": { "web": { "listen": "127.0.0.1:8080", "use": "app" } },\n  "pools": { "app": { "servers": ["10.0.0.1:80"] } }\n}\n';
    const other = await stage(json, ".json");
    answerOf(await other.configuring.change(merge({ pools: { app: { servers: ["10.0.0.1:80", "10.0.0.2:80"] } } })));
    expect((await other.configuring.write()).ok).toBe(true);
    expect(JSON.parse(readFileSync(other.path, "utf8")).pools.app).toEqual({ servers: ["10.0.0.1:80", "10.0.0.2:80"] });
  });

  test("is refused where the file has been edited since, or has no place for it, and stays in force", async () => {
    const { configuring, save, path } = await stage();
    answerOf(await configuring.change(operations(heavier)));
    save(usual.replace("retries: 1", "retries: 2"));
    expect(await configuring.write()).toMatchObject({
      ok: false,
      status: 409,
      message: expect.stringContaining("says something else than when it was loaded"),
      byHand: 'set pools.app.servers[0]: "10.0.0.1:80^5"',
    });
    expect(readFileSync(path, "utf8")).toContain("retries: 2");
    const aliased = await stage(
      `${usual.replace("  app:\n", "  app: &app\n")}  twin: *app\nlists: { unused: { texts: [x] } }\n`.replace(
        "use: app",
        "use: app, rules: [{ if: 'true', use: twin }]",
      ),
    );
    answerOf(await aliased.configuring.change(merge({ pools: { twin: { retries: 4 } } })));
    expect(await aliased.configuring.write()).toMatchObject({
      ok: false,
      status: 422,
      message: expect.stringContaining(
        "pools.twin.retries is part of what &app names, which pools.app and pools.twin share",
      ),
      byHand: "set pools.twin.retries: 4",
    });
    expect(aliased.configuring.config.pools["app"]!.retries).toBe(1);
  });

  test("ends its lines as the file does, and is not written where bytes of a comment would be lost", async () => {
    const windows = `\ufeff${usual.replaceAll("\n", "\r\n")}`;
    const one = await stage(windows);
    answerOf(await one.configuring.change(merge({ pools: { app: { queue: { length: 7 }, retries: 3 } } })));
    expect((await one.configuring.write()).ok).toBe(true);
    const written = readFileSync(one.path, "utf8");
    expect(written).toBe(`${windows.replace("retries: 1", "retries: 3")}    queue:\r\n      length: 7\r\n`);
    const other = await stage();
    const latin = Buffer.from(`# Caf\xe9\n${usual}`, "latin1");
    writeFileSync(other.path, latin);
    answerOf(await other.configuring.change(merge({ pools: { app: { retries: 3 } } })));
    expect(await other.configuring.write()).toMatchObject({
      ok: false,
      status: 409,
      message: expect.stringContaining("there are errors in"),
    });
    expect(readFileSync(other.path).equals(latin)).toBe(true);
  });

  test("is written where a crash has left its draft", async () => {
    const { configuring, path } = await stage();
    writeFileSync(join(folder, `.${basename(path)}.${process.pid}.new`), "left");
    answerOf(await configuring.change(operations(heavier)));
    expect((await configuring.write()).ok).toBe(true);
  });

  test("is not written into another program's config", async () => {
    const haproxy =
      "defaults\n  mode http\n  timeout connect 1s\n  timeout client 1s\n  timeout server 1s\nfrontend web\n  bind 127.0.0.1:8080\n  default_backend app\nbackend app\n  server one 10.0.0.1:80\n";
    const { configuring, path } = await stage(haproxy, ".cfg");
    answerOf(await configuring.change(merge({ drainTimeout: "5s" })));
    expect(configuring.describe().writeProblem).toContain("which Sluice does not write");
    expect(await configuring.write()).toMatchObject({ ok: false, status: 422, byHand: 'set drainTimeout: "5s"' });
    expect(readFileSync(path, "utf8")).toBe(haproxy);
  });
});
