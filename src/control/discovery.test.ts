import { afterEach, expect, test } from "bun:test";
import { until } from "../../test/e2e/harness/wait.ts";
import type { DiscoverInput, PoolInput } from "../config/input.ts";
import { judge } from "../config/judge.ts";
import type { Config, Discover } from "../config/types.ts";
import type { Answer, Source } from "./discovery/source.ts";
import { Discovery } from "./discovery.ts";
import { openLog } from "./log.ts";

/** A source that says what a test says; its file's name is its name. */
class Told implements Source {
  readonly name: string;
  #tell: ((answer: Answer) => void) | null = null;
  starts = 0;
  isStopped = false;

  constructor(name: string) {
    this.name = name;
  }

  start(tell: (answer: Answer) => void): void {
    this.starts++;
    this.#tell = tell;
  }

  stop(): void {
    this.isStopped = true;
  }

  tell(...addresses: string[]): void {
    this.#tell!({ ok: true, servers: addresses.map((address) => ({ address })), remarks: [] });
  }

  remark(...remarks: string[]): void {
    this.#tell!({ ok: true, servers: [], remarks });
  }

  fail(problem: string): void {
    this.#tell!({ ok: false, problem });
  }

  answer(answer: Answer): void {
    this.#tell!(answer);
  }
}

const open: Discovery[] = [];
afterEach(() => {
  for (const discovery of open.splice(0)) discovery.close();
});

function scene(publish: () => Promise<string | null> = async () => null) {
  const sources: Told[] = [];
  const lines: string[] = [];
  const state = { published: 0, nowMs: 1000 };
  const discovery = new Discovery({
    log: openLog({
      level: "info",
      format: "json",
      isColored: false,
      write: (line) => lines.push((JSON.parse(line) as { msg: string }).msg),
    }),
    make: (settings: Discover) => {
      const source = new Told(settings.exec === undefined ? `file ${settings.file}` : `exec ${settings.exec[0]}`);
      sources.push(source);
      return source;
    },
    publish: () => {
      state.published++;
      return publish();
    },
    nowMs: () => state.nowMs,
    patienceMs: 100,
  });
  open.push(discovery);
  const of = (name: string): Told => sources.findLast((source) => source.name === `file ${name}`)!;
  const found = (pool: string): string[] => discovery.foundOf(pool).map(({ address }) => address);
  return { discovery, sources, lines, of, found, state };
}

function configOf(pools: Record<string, PoolInput>): Config {
  const { config, findings } = judge({
    listeners: { web: { listen: ":8080", use: Object.keys(pools)[0]! } },
    pools,
  });
  if (config === null) throw new Error(JSON.stringify(findings));
  return config;
}

const file = (name: string, more: Partial<DiscoverInput> = {}): DiscoverInput => ({ file: name, ...more });
const app = (...discover: DiscoverInput[]): Config => configOf({ app: { discover } });

test("a config is taken up when its sources have answered, or have been waited for long enough", async () => {
  const { discovery, of, found } = scene();
  let isAdopted = false;
  const adopted = discovery.adopt(app(file("a"), file("b"))).then(() => {
    isAdopted = true;
  });
  of("a").tell("10.0.0.1:80");
  await Promise.resolve();
  expect(isAdopted).toBe(false);
  of("b").fail("is away");
  await adopted;
  expect(found("app")).toEqual(["10.0.0.1:80"]);
  await discovery.adopt(app(file("c")));
  expect(found("app")).toEqual([]);
});

test("servers stand in the order of the sources, and those of one in the order of their addresses", async () => {
  const { discovery, of, found } = scene();
  const adopted = discovery.adopt(app(file("b"), file("a")));
  of("a").tell("10.0.0.3:80", "10.0.0.1:80", "10.0.0.1:80");
  of("b").tell("10.0.0.9:80", "10.0.0.5:80");
  await adopted;
  expect(found("app")).toEqual(["10.0.0.5:80", "10.0.0.9:80", "10.0.0.1:80", "10.0.0.3:80"]);
});

test("what is told again costs nothing; changes that come together make one plan", async () => {
  const { discovery, of, found, state, lines } = scene();
  const adopted = discovery.adopt(app(file("a"), file("b")));
  of("a").tell("10.0.0.1:80", "10.0.0.2:80");
  of("b").tell();
  await adopted;
  await until("the first plan", () => state.published === 1);
  of("a").tell("10.0.0.2:80", "10.0.0.1:80");
  of("a").tell("10.0.0.1:80");
  of("a").tell("10.0.0.1:80", "10.0.0.3:80");
  of("b").tell("10.0.0.9:80");
  await until("the plan with them", () => state.published === 2);
  expect(found("app")).toEqual(["10.0.0.1:80", "10.0.0.3:80", "10.0.0.9:80"]);
  of("b").tell("10.0.0.9:80");
  of("b").tell("10.0.0.8:80");
  await until("the plan after it", () => state.published === 3);
  expect(lines).toEqual([
    "file a: 10.0.0.1:80, 10.0.0.2:80 came; 2 in all",
    "file b tells of no server",
    "file a: 10.0.0.2:80 went; 1 in all",
    "file a: 10.0.0.3:80 came; 2 in all",
    "file b: 10.0.0.9:80 came; 1 in all",
    "file b: 10.0.0.8:80 came; 10.0.0.9:80 went; 1 in all",
  ]);
});

test("what the config says of servers holds where the source says nothing else", async () => {
  const { discovery, sources } = scene();
  const source = { file: "a", weight: 3, maxConnections: 7, backup: true as const };
  const adopting = discovery.adopt(configOf({ app: { discover: source } }));
  sources[0]!.answer({
    ok: true,
    servers: [{ address: "a:1" }, { address: "b:1", weight: 9, maxConnections: 2 }],
    remarks: [],
  });
  await adopting;
  expect(discovery.foundOf("app")).toEqual([
    { address: "a:1", weight: 3, maxConnections: 7, backup: true },
    { address: "b:1", weight: 9, maxConnections: 2, backup: true },
  ]);
});

test("without an answer the last servers stay, or go, as is wished; an outage is told at its beginning and at its end", async () => {
  const { discovery, of, found, lines, state } = scene();
  const adopted = discovery.adopt(app(file("a"), file("b", { onFailure: "empty" })));
  of("a").tell("10.0.0.1:80");
  of("b").tell("10.0.0.2:80");
  await adopted;
  lines.length = 0;
  state.nowMs = 5000;
  for (const problem of ["is away", "is away", "is gone"]) {
    of("a").fail(problem);
    of("b").fail(problem);
  }
  expect(found("app")).toEqual(["10.0.0.1:80"]);
  const [{ sources } = { sources: [] }] = discovery.status();
  expect(sources.map(({ failures, lastSuccessMs, problem }) => [failures, lastSuccessMs, problem])).toEqual([
    [3, 1000, { text: "is gone", sinceMs: 5000 }],
    [3, 1000, { text: "is gone", sinceMs: 5000 }],
  ]);
  expect(sources.map(({ kept }) => kept)).toEqual([{ servers: ["10.0.0.1:80"], sinceMs: 5000, why: "is gone" }, null]);
  of("a").tell("10.0.0.1:80");
  of("b").tell("10.0.0.2:80");
  expect(found("app")).toEqual(["10.0.0.1:80", "10.0.0.2:80"]);
  expect(lines).toEqual([
    "file a is away; its server is kept",
    "file b is away; its server is taken out",
    "file b: 10.0.0.2:80 went; 0 in all",
    "file a answers again",
    "file b answers again",
    "file b: 10.0.0.2:80 came; 1 in all",
  ]);
});

test("servers that count only because a source told of them once are told apart from those that somebody stands by", async () => {
  const { discovery, of, state } = scene();
  const adopted = discovery.adopt(configOf({ app: { servers: ["10.0.0.3:80"], discover: [file("a"), file("b")] } }));
  of("a").tell("10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80");
  of("b").tell("10.0.0.2:80");
  await adopted;
  const kept = (): object => Object.fromEntries(discovery.status()[0]!.kept);
  expect(kept()).toEqual({});
  state.nowMs = 5000;
  of("a").fail("is away");
  const since = new Date(5000).toISOString();
  expect(kept()).toEqual({ "10.0.0.1:80": { source: "file a", since } });
  state.nowMs = 9000;
  // It is back, and has not told of all again.
  const answer = { servers: ["10.0.0.1:80", "10.0.0.2:80"].map((address) => ({ address })), remarks: [] };
  of("a").answer({ ok: true, ...answer, kept: { servers: ["10.0.0.1:80"], why: "not seen since" } });
  expect(discovery.status()[0]!.sources[0]).toMatchObject({
    problem: null,
    kept: { servers: ["10.0.0.1:80"], sinceMs: 5000, why: "not seen since" },
  });
  expect(kept()).toEqual({ "10.0.0.1:80": { source: "file a", since } });
  of("a").tell("10.0.0.1:80");
  expect(kept()).toEqual({});
});

test("a reload keeps sources that did not change, with what they told; others are stopped", async () => {
  const { discovery, sources, of, found } = scene();
  const adopted = discovery.adopt(app(file("a"), file("b")));
  of("a").tell("10.0.0.1:80");
  of("b").tell("10.0.0.2:80");
  await adopted;
  await discovery.adopt(configOf({ other: { discover: file("a") } }));
  expect(found("other")).toEqual(["10.0.0.1:80"]);
  expect(found("app")).toEqual([]);
  expect(sources.map(({ starts, isStopped }) => [starts, isStopped])).toEqual([
    [1, false],
    [1, true],
  ]);
});

test("when the new config is refused, the former one has its servers at once", async () => {
  const { discovery, of, found } = scene();
  const former = app(file("a"));
  const adopted = discovery.adopt(former);
  of("a").tell("10.0.0.1:80");
  await adopted;
  const next = discovery.adopt(app(file("z")));
  of("z").tell("10.0.0.7:80");
  await next;
  expect(found("app")).toEqual(["10.0.0.7:80"]);
  // Nobody answers, and nobody is waited for.
  const back = discovery.adopt(former);
  await back;
  expect(found("app")).toEqual(["10.0.0.1:80"]);
  expect(of("a").starts).toBe(1);
});

test("a source that is asked in another way keeps its servers until it has answered", async () => {
  const { discovery, of, found } = scene();
  const adopted = discovery.adopt(app(file("a")));
  of("a").tell("10.0.0.1:80");
  await adopted;
  const again = discovery.adopt(app(file("a", { interval: "1m" })));
  of("a").fail("is away");
  await again;
  expect(found("app")).toEqual(["10.0.0.1:80"]);
});

test("a source that is asked in another way never begins with servers of one that only looks the same", async () => {
  const { discovery, sources, found } = scene();
  // What is told apart by a query or an argument has one name.
  const asking = (interval: string): Config =>
    configOf({
      one: { discover: { exec: ["/bin/servers", "one"], interval } },
      two: { discover: [{ exec: ["/bin/servers", "two"], interval }, { exec: ["/bin/servers", "more"] }] },
    });
  const adopted = discovery.adopt(asking("10s"));
  for (const [index, source] of sources.entries()) source.tell(`10.0.0.${index + 1}:80`);
  await adopted;
  const again = discovery.adopt(asking("20s"));
  for (const source of sources.slice(3)) source.fail("is away");
  await again;
  expect([found("one"), found("two")]).toEqual([["10.0.0.1:80"], ["10.0.0.2:80", "10.0.0.3:80"]]);
  // Of another question in the same pool they are kept where there is no doubt whose they are.
  const other = discovery.adopt(
    configOf({
      one: { discover: { exec: ["/bin/servers", "1"] } },
      three: { discover: { exec: ["/bin/servers", "3"] } },
    }),
  );
  for (const source of sources.slice(5)) source.fail("is away");
  await other;
  expect([found("one"), found("three")]).toEqual([["10.0.0.1:80"], []]);
});

test("two pools with the same source ask it once", async () => {
  const { discovery, sources, of, found } = scene();
  const adopted = discovery.adopt(
    configOf({ one: { discover: file("a") }, two: { discover: [file("a"), file("b")] } }),
  );
  of("a").tell("10.0.0.1:80");
  of("b").tell("10.0.0.2:80");
  await adopted;
  expect(sources).toHaveLength(2);
  expect([found("one"), found("two")]).toEqual([["10.0.0.1:80"], ["10.0.0.1:80", "10.0.0.2:80"]]);
});

test("a source has a thousand servers at the most, and is told of once", async () => {
  const { discovery, of, found, lines } = scene();
  const adopted = discovery.adopt(app(file("a")));
  const many = Array.from({ length: 1200 }, (_, number) => `10.1.${number >> 8}.${number & 255}:80`);
  of("a").tell(...many);
  await adopted;
  of("a").tell(...many);
  expect(found("app")).toHaveLength(1000);
  expect(lines.filter((line) => line.includes("beyond"))).toEqual([
    "file a: 200 servers beyond the first 1000 are left out",
  ]);
  expect(lines).toHaveLength(2);
  expect(lines[1]!.length).toBeLessThan(250);
});

test("remarks are told when they are new", async () => {
  const { discovery, of, lines } = scene();
  const adopted = discovery.adopt(app(file("a")));
  of("a").remark("line 3 is no host:port");
  await adopted;
  of("a").remark("line 3 is no host:port");
  of("a").remark();
  of("a").remark("line 3 is no host:port");
  expect(lines.filter((line) => line.includes("line 3"))).toHaveLength(2);
});

test("sources that look the same have names of their own", async () => {
  const { discovery, of } = scene();
  const adopted = discovery.adopt(app(file("a"), file("a", { interval: "1m" })));
  of("a").tell("10.0.0.1:80");
  await adopted;
  expect(discovery.status()[0]!.sources.map(({ source }) => source)).toEqual(["file a", "file a (2)"]);
});

test("while a plan is on its way others wait, and come in one behind it", async () => {
  const { promise: published, resolve } = Promise.withResolvers<null>();
  const { discovery, of, state } = scene(() => published);
  const adopted = discovery.adopt(app(file("a")));
  of("a").tell("10.0.0.1:80");
  await adopted;
  await until("a plan on its way", () => state.published === 1);
  of("a").tell("10.0.0.2:80");
  of("a").tell("10.0.0.3:80");
  expect(state.published).toBe(1);
  resolve(null);
  await until("one more", () => state.published === 2);
});

test("a plan that failed holds up none of the next, and neither does one that never came to be", async () => {
  const outcomes: (() => string | null)[] = [
    () => "worker 0 refuses it",
    () => {
      throw new Error("it is impossible");
    },
    () => null,
  ];
  const { discovery, of, lines, state } = scene(async () => outcomes.shift()!());
  const adopted = discovery.adopt(app(file("a")));
  of("a").tell("10.0.0.1:80");
  await adopted;
  for (const [index, problem] of ["worker 0 refuses it", "it is impossible"].entries()) {
    await until("it to be told", () => lines.some((line) => line.endsWith(problem)));
    of("a").tell(`10.0.0.${index + 2}:80`);
  }
  const beganMs = performance.now();
  await until("the third", () => state.published === 3);
  // Not when the second would have been offered again.
  expect(performance.now() - beganMs).toBeLessThan(3000);
});

test("in a storm of changes plans that take long are published less often, and after it they are not", async () => {
  const published: number[] = [];
  const { discovery, of, state } = scene(async () => {
    published.push(performance.now());
    state.nowMs += 50;
    const count = published.length;
    if (count < 3) of("a").tell(`10.0.0.${count + 1}:80`);
    return null;
  });
  const adopted = discovery.adopt(app(file("a")));
  of("a").tell("10.0.0.1:80");
  await adopted;
  await until("the storm to be over", () => published.length === 3);
  expect(published[2]! - published[1]!).toBeGreaterThan(140);
  state.nowMs += 20;
  const beganMs = performance.now();
  of("a").tell("10.0.0.9:80");
  await until("one more", () => published.length === 4);
  expect(published[3]! - beganMs).toBeLessThan(100);
});

test("a plan that could not be published is told, and what is closed publishes nothing", async () => {
  const { discovery, of, lines, state } = scene(async () => "worker 0 refuses it");
  const adopted = discovery.adopt(app(file("a")));
  of("a").tell("10.0.0.1:80");
  await adopted;
  await until("the refusal", () => lines.some((line) => line.includes("could not be published: worker 0 refuses it")));
  discovery.close();
  of("a").tell("10.0.0.2:80");
  expect(state.published).toBe(1);
  expect(of("a").isStopped).toBe(true);
});
