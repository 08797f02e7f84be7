// The configuration that marks abusers by gpc0, given to HAProxy and to Sluice, and asked the same by the same clients: who passes,
// who is cut off, who gets the page of the empty backend, and for how long.

import { expect, setDefaultTimeout } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ok } from "./harness/origin.ts";
import type { Outcome } from "./harness/outcome.ts";
import { testWith } from "./harness/program.ts";
import { Room } from "./harness/room.ts";
import { repository } from "./harness/sluice.ts";
import { type Twin, Twins } from "./harness/twins.ts";
import { until } from "./harness/wait.ts";

setDefaultTimeout(60_000);
const test = testWith(["haproxy"]);

const fixtures = join(repository, "src", "config", "foreign", "haproxy", "fixtures");
const literal = readFileSync(join(fixtures, "seed.cfg"), "utf8");
const page = readFileSync(join(fixtures, "errors", "503rate.http"), "utf8");
const pageBody = page.slice(page.search(/\r?\n\r?\n/)).trim();

const usual = {
  /** Of the marks, in the table of the frontend. */
  "expire 10m": "expire 10m",
  /** Of the rates of the backends. */
  "expire 30s": "expire 30s",
  "expire 1m": "expire 1m",
  "gt 20000000": "gt 20000",
  // An address that a client on this machine can have.
  "192.168.1.154": "127.0.0.154",
};

/** The file with other figures, and with ports and servers of the test. */
function seed(changes: Partial<Record<string, string>> = {}): string {
  let text = literal.replace("*:2550", "127.0.0.1:{PORT}").replaceAll("localhost:80", "{ORIGIN:app}");
  for (const [from, to] of Object.entries({ ...usual, ...changes })) {
    expect(text).toContain(from);
    text = text.replaceAll(from, to!);
  }
  return text;
}

/** What HAProxy takes since 2.1, and without what only root may ask for. */
function modern(text: string): string {
  return text
    .replace("contimeout", "timeout connect")
    .replace("clitimeout", "timeout client")
    .replace("srvtimeout", "timeout server")
    .replaceAll(/^ +(?:user|group|daemon|stats socket)\b.*$/gm, "");
}

function start(room: Room, changes: Partial<Record<string, string>> = {}): Promise<Twins> {
  return Twins.start(room, seed(changes), {
    files: { "errors/503rate.http": page },
    origins: { app: ({ target }) => ok(/^\/\d+$/.test(target) ? "x".repeat(Number(target.slice(1))) : "served") },
    forHaproxy: modern,
  });
}

function get(host: string, target = "/"): string {
  return `GET ${target} HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
}
/** In HTTP/1.1 it is an error to Sluice (RFC 9112 section 3.2), and to HAProxy nothing. */
const hostless = "GET / HTTP/1.0\r\n\r\n";
const test1 = get("test1.com");
const test2 = get("test2.com");

/** In a word. */
function word(outcome: Outcome): string {
  const { status, body, end } = outcome;
  if (status === 0 && body === "" && end === "fin") return "cut";
  if (status === 200 && (body === "served" || /^x+$/.test(body))) return "served";
  if (status === 503 && body.trim() === pageBody) return "page";
  return `${status} ${end} ${JSON.stringify(body.slice(0, 60))}`;
}

async function words(twins: Twins, from: string, requests: readonly string[]): Promise<string> {
  const all: string[] = [];
  for (const request of requests) all.push(word(await twins.same(request, { from })));
  return all.join(" ");
}

function times(count: number, request: string): string[] {
  return Array.from({ length: count }, () => request);
}

test("the fourth connection is cut off without a byte, and from then on there is only the page", async () => {
  await using room = new Room();
  const twins = await start(room);
  expect(await words(twins, "127.0.0.2", times(6, test1))).toBe("served served served cut page page");
  // The mark counts everywhere, and for nobody else.
  expect(await words(twins, "127.0.0.2", [test2, get("other.com"), hostless])).toBe("page page page");
  expect(await words(twins, "127.0.0.3", [test1])).toBe("served");
  // Backends count by themselves, each to its own limit.
  expect(await words(twins, "127.0.0.4", [...times(3, test1), ...times(5, test2), test1, test2])).toBe(
    "served served served served served served served served cut page",
  );
  for (const table of ["http", "test1", "test2"])
    expect(await comparable(twins.sluice, twins, table)).toEqual(await comparable(twins.haproxy, twins, table));
});

/** Marks and rates of connections; bytes are counted in another form there. */
async function comparable(twin: Twin, twins: Twins, table: string): Promise<object> {
  const entries = await (twin === twins.haproxy ? twins.haproxyTable(table) : twins.sluiceTable(table));
  return Object.fromEntries(
    Object.entries(entries).map(([key, { values }]) => [key, { gpc0: values["gpc0"], rate: values["conn_rate"] }]),
  );
}

test("hosts are looked for inside of the field, and without one that fits there is no server", async () => {
  await using room = new Room();
  const twins = await start(room);
  expect(await words(twins, "127.0.0.5", [get("xTEST1.COMx.evil"), get("www.test2.com:2550")])).toBe("served served");
  for (const request of [get("example.com"), hostless])
    expect((await twins.same(request, { from: "127.0.0.6" })).status).toBe(503);
  // Nobody has counted those; the connections were tracked.
  expect(Object.keys(await twins.sluiceTable("test1"))).toEqual(["127.0.0.5"]);
  expect(Object.keys(await twins.haproxyTable("test1"))).toEqual(["127.0.0.5"]);
  expect((await twins.sluiceTable("http"))["127.0.0.6"]?.values).toEqual({ gpc0: 0 });
  expect((await twins.haproxyTable("http"))["127.0.0.6"]?.values).toEqual({ gpc0: 0 });
});

test("requests on one connection count like connections, and a connection that is open gets the page too", async () => {
  await using room = new Room();
  const twins = await start(room);
  const kept = await twins.connect({ from: "127.0.0.7" });
  const other = await twins.connect({ from: "127.0.0.7" });
  const seen: string[] = [];
  for (const pair of [other, kept, kept, kept]) seen.push(word(await pair.same(test1)));
  seen.push(word(await other.same(test1)));
  expect(seen.join(" ")).toBe("served served served cut page");
});

test("the limit of bytes is for the request after the one that crosses it, and for the one without limit too", async () => {
  await using room = new Room();
  const twins = await start(room);
  const big = get("test1.com", "/15000");
  expect(await words(twins, "127.0.0.8", [big, big, test1, test1])).toBe("served served cut page");
  const exempt = "127.0.0.154";
  expect(await words(twins, exempt, times(10, test1))).toBe(Array(10).fill("served").join(" "));
  expect((await twins.sluiceTable("http"))[exempt]?.values).toEqual({ gpc0: 0 });
  expect((await twins.haproxyTable("http"))[exempt]?.values).toEqual({ gpc0: 0 });
  expect(await words(twins, exempt, [big, big, test1, test1])).toBe("served served cut page");
});

test("an increment is made when conditions before it hold, and by those alone", async () => {
  await using room = new Room();
  const twins = await start(room, {
    "if conn_rate_abuse !whitelist mark_as_abuser": "if mark_as_abuser conn_rate_abuse !whitelist",
  });
  expect(await words(twins, "127.0.0.9", times(3, test1))).toBe("served page page");
});

/** Asks again and again until `isOver`, and answers what came, each once, with the time of its first. */
async function history(
  twin: Twin,
  request: string,
  from: string,
  isOver: (seen: readonly string[]) => boolean,
): Promise<{ readonly seen: string; readonly startsMs: readonly number[] }> {
  const seen: string[] = [];
  const startsMs: number[] = [];
  await until("the end of a client's history", async () => {
    const now = performance.now();
    const next = word(await twin.ask(request, { from }));
    if (seen.at(-1) !== next) {
      seen.push(next);
      startsMs.push(now);
    }
    return isOver(seen);
  });
  return { seen: seen.join(" "), startsMs };
}

test("a mark expires although its client never rests, unless a connection that holds it stays open", async () => {
  await using room = new Room();
  const twins = await start(room, { "expire 10m": "expire 1s", "expire 1m": "expire 500ms" });
  const both = [twins.haproxy, twins.sluice];

  // The rates of test2 are forgotten before the mark: a clean start. Those of test1 outlast it: marked anew at once.
  const forgotten = both.map(async (twin) => {
    const { seen, startsMs } = await history(twin, test2, "127.0.0.21", (all) => all.length === 4);
    expect({ twin: twin.name, seen }).toEqual({ twin: twin.name, seen: "served cut page served" });
    const markMs = startsMs[3]! - startsMs[1]!;
    expect(markMs).toBeGreaterThan(950);
    expect(markMs).toBeLessThan(3000);
  });
  const remembered = both.map(async (twin) => {
    const { seen } = await history(twin, test1, "127.0.0.22", (all) => all.lastIndexOf("cut") > all.indexOf("cut"));
    // Who was connected while the mark was there, and asks when it is not, is not tracked and so not marked: it is served.
    expect(`${twin.name}: ${seen}`).toMatch(/: served cut page (?:served )?cut$/);
  });
  const held = both.map(async (twin) => {
    const from = "127.0.0.23";
    const holder = await twin.connect({ from });
    const startMs = performance.now();
    const { seen } = await history(twin, test2, from, () => performance.now() - startMs > 2000);
    expect({ twin: twin.name, seen }).toEqual({ twin: twin.name, seen: "served cut page" });
    await holder.end();
    const after = await history(twin, test2, from, (all) => all.at(-1) === "served");
    expect(`${twin.name}: ${after.seen}`).toMatch(/: (?:page )?served$/);
  });
  await Promise.all([...forgotten, ...remembered, ...held]);
});

test("tracked without a condition, a mark stays as long as its client comes", async () => {
  await using room = new Room();
  const twins = await start(room, {
    "track-sc1 src if !source_is_abuser": "track-sc1 src",
    "expire 10m": "expire 1500ms",
    "expire 1m": "expire 600ms",
  });
  await Promise.all(
    [twins.haproxy, twins.sluice].map(async (twin) => {
      const from = "127.0.0.24";
      const startMs = performance.now();
      const { seen } = await history(twin, test2, from, () => performance.now() - startMs > 3500);
      expect({ twin: twin.name, seen }).toEqual({ twin: twin.name, seen: "served cut page" });
      await until("the mark to be gone", async () => {
        const table = await (twin.name === "haproxy" ? twins.haproxyTable("http") : twins.sluiceTable("http"));
        return table[from] === undefined;
      });
      expect(word(await twin.ask(test2, { from }))).toBe("served");
    }),
  );
});
