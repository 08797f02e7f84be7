// What goes wrong beside a cache, as conversations: no room, entries that break, workers that die, answers that do not come; what an
// explanation says; a second level that answers, is slow, or is away.

import { expect, test } from "bun:test";
import { explain } from "../../src/flow/explain.ts";
import { explanationLines } from "../../src/flow/explanationtext.ts";
import { readQuestion } from "../../src/flow/question.ts";
import type { CacheEntry, CacheKey } from "../../src/memory/cache.ts";
import { CacheStore } from "../../src/memory/cachestore.ts";
import type { RemoteCache, RemoteFound, RemoteQuestion } from "../../src/memory/remotecache.ts";
import { Playbook } from "../playbook.ts";
import { cached, cachePlan, date } from "./caching.ts";
import { Memory } from "./memory.ts";
import { get, ok } from "./words.ts";

const fresh = "Cache-Control: max-age=60";
const quiet = cached({ isTold: false });

test("what is larger than the cache takes goes on to the client, and is not stored", () => {
  const words: string[] = [];
  const play = new Playbook(cached({}, {}, { objectBytesMax: 20_000 }), ({ caching }) => words.push(caching!.word));
  const client = play.connect();
  client.sends(get("/"));
  const server = play.accept();
  const body = "x".repeat(30_000);
  server.sends(ok(body, date, fresh));
  play.expectAmong(client.gets(ok(body, date, fresh, "Cache-Status: Sluice; fwd=uri-miss; detail=too-large")));
  client.sends(get("/growing"));
  play.take();
  server.sends(`HTTP/1.1 200 OK\r\n${fresh}\r\nTransfer-Encoding: chunked\r\n\r\n`);
  for (let chunk = 0; chunk < 3; chunk++) server.sends(`2710\r\n${"y".repeat(10_000)}\r\n`);
  server.sends("0\r\n\r\n");
  play.expectAmong("report 200");
  expect(words).toEqual(["miss", "error"]);
});

test("who waits for what is then too large asks by themselves", () => {
  const play = new Playbook(cached({ isTold: false }, {}, { objectBytesMax: 20_000 }));
  const [first, second] = [play.connect(), play.connect()];
  first.sends(get("/"));
  second.sends(get("/"));
  const server = play.accept();
  server.sends(`HTTP/1.1 200 OK\r\n${fresh}\r\nTransfer-Encoding: chunked\r\n\r\n`);
  play.take();
  for (let chunk = 0; chunk < 3; chunk++) server.sends(`2710\r\n${"y".repeat(10_000)}\r\n`);
  play.expectAmong("dial one:80");
  server.sends("0\r\n\r\n");
  play.expectAmong("report 200");
  second.closes();
  play.take();
  play.expectNothingLeftBut(1);
});

test("a lease of a worker that has died is nobody's", () => {
  const shape = { ...cachePlan, isShared: true };
  const bytes = new Uint8Array(CacheStore.bytesFor(shape));
  CacheStore.format(bytes, shape, 1);
  let isAlive = true;
  const owner = (id: number) => ({ id, startedAt: 0, isAlive: (other: number) => other !== 1 || isAlive, relax() {} });
  const stores = [1, 2].map((id) => new CacheStore(bytes, "pages", owner(id) as never));
  const play = new Playbook(quiet, undefined, undefined, new Memory(() => stores[0]!));
  const other = new Playbook(quiet, undefined, undefined, new Memory(() => stores[1]!));
  play.connect().sends(get("/"));
  const client = other.connect();
  client.sends(get("/"));
  other.pass(100);
  other.expect();
  isAlive = false;
  other.pass(2_000);
  other.expect("dial one:80");
});

test("an entry that is removed while it is shown is shown to its end", () => {
  const play = new Playbook(quiet);
  const client = play.connect();
  client.sends(get("/"));
  const body = "x".repeat(600_000);
  const server = play.accept();
  server.sends(ok(body, date, fresh));
  play.take();
  client.isFull = true;
  client.sends(get("/"));
  const other = play.connect();
  other.sends("DELETE / HTTP/1.1\r\nHost: a\r\n\r\n");
  server.sends("HTTP/1.1 204 No Content\r\n\r\n");
  play.take();
  let said = "";
  while (client.heldBytes > 0) {
    client.heldBytes = 0;
    client.flow!.drained();
    said += play.take().join("");
  }
  expect(said.endsWith("report 200")).toBe(true);
});

test("a reload leaves what waits and what is shown under the plan that it began with", () => {
  const play = new Playbook(quiet);
  const [first, second] = [play.connect(), play.connect()];
  first.sends(get("/"));
  second.sends(get("/"));
  const server = play.accept();
  play.reload(cached({ isTold: true }));
  play.take();
  server.sends(ok("hello", date, fresh));
  play.expectAmong(second.gets(ok("hello", date, fresh, "Age: 0")));
  second.sends(get("/"));
  play.expect(second.gets(ok("hello", date, fresh, "Age: 0", "Cache-Status: Sluice; hit; ttl=60")), "report 200");
});

test("the end of a drain ends what waits, what is shown and what goes on without a client", () => {
  const play = new Playbook(quiet);
  const [first, second] = [play.connect(), play.connect()];
  first.sends(get("/"));
  second.sends(get("/"));
  const server = play.accept();
  server.sends(ok("0123456789", date, fresh).slice(0, -5));
  first.closes();
  play.drain();
  play.cut();
  play.pass(100);
  play.expectNothingLeft();
});

// ---- explanations ----

function explained(play: Playbook, path: string): string[] {
  const question = readQuestion({ url: `http://a${path}` }, play.context.site.plan);
  if (!question.ok) throw new Error(JSON.stringify(question));
  return explanationLines(explain(question.value, play.circumstances)).filter((line) => line.startsWith("cache"));
}

test("an explanation says what the cache has, and changes nothing in it", () => {
  const play = new Playbook(cached({ staleWhileRevalidateMs: 60_000 }));
  const client = play.connect();
  client.sends(get("/"));
  const server = play.accept();
  server.sends(ok("hello", date, fresh));
  play.take();
  expect(explained(play, "/")).toEqual([
    "cache pages: hit. It was answered from the cache. It is fresh for 60 s more.",
  ]);
  expect(explained(play, "/none")).toEqual([
    "cache pages: miss. Nothing was stored for its URL. The answer is not stored: nothing says how long it is fresh, and nothing allows a guess.",
  ]);
  play.pass(70_000);
  expect(explained(play, "/")).toEqual([
    "cache pages: stale. It was answered from the cache. It has been stale for 10 s.",
  ]);
  play.expectAmong();
  play.connect().sends(get("/none"));
  play.expectAmong("dial one:80");
});

// ---- the second level ----

class FakeRemote implements RemoteCache {
  readonly timeoutMs = 50;
  readonly asked: string[] = [];
  readonly told: string[] = [];
  answers: ((found: RemoteFound | null) => void)[] = [];
  cancelled = 0;

  fetch(key: CacheKey, done: (found: RemoteFound | null) => void): RemoteQuestion {
    this.asked.push(textOf(key.bytes, 0, key.end));
    this.answers.push(done);
    return { cancel: () => this.cancelled++ };
  }

  store(key: CacheKey, entry: CacheEntry, tags: Uint8Array, keepMs: number): void {
    let body = "";
    for (let at = 0; entry.run(at); at += entry.runEnd - entry.runStart)
      body += textOf(entry.bytes, entry.runStart, entry.runEnd);
    this.told.push(`${textOf(key.bytes, 0, key.end)} ${body} [${textOf(tags, 0, tags.length)}] ${keepMs}`);
  }

  storeVary(key: CacheKey, names: Uint8Array): void {
    this.told.push(`${textOf(key.bytes, 0, key.end)} varies by ${textOf(names, 0, names.length)}`);
  }

  purge(key: CacheKey): void {
    this.told.push(`${textOf(key.bytes, 0, key.firstEnd)} is gone`);
  }
}

const textOf = (bytes: Uint8Array, start: number, end: number): string =>
  Buffer.from(bytes.subarray(start, end)).toString("latin1");

function remembered(policy = {}): { play: Playbook; remote: FakeRemote } {
  const remote = new FakeRemote();
  const memory = new Memory(undefined, remote);
  return { play: new Playbook(cached({ isTold: true, ...policy }), undefined, undefined, memory), remote };
}

const factsOf = (play: Playbook, more = {}) => ({
  ...{ status: 200, flags: 0, bornMs: play.wallMs - 10_000, storedMs: play.wallMs - 10_000, freshForMs: 60_000 },
  ...{
    staleWhileRevalidateMs: 0,
    staleIfErrorMs: 0,
    lastModifiedMs: 0,
    etagStart: 0,
    etagEnd: 0,
    reason: 0,
    bodyBytes: 5,
  },
  ...more,
});
const bytesOf = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "latin1"));

test("the second level is asked on a miss; what it has is stored here, and others wait for it", () => {
  const { play, remote } = remembered();
  const [first, second] = [play.connect(), play.connect()];
  first.sends(get("/"));
  second.sends(get("/"));
  play.expect();
  expect(remote.asked).toEqual(["http://a/"]);
  const head = bytesOf(`HTTP/1.1 200 OK\r\nContent-Length: 5\r\n${fresh}\r\n\r\n`);
  const body = bytesOf("hello");
  remote.answers[0]!({ kind: "whole", facts: factsOf(play), head, body, tags: new Uint8Array(0) });
  const shown = ["Content-Length: 5", fresh, "Age: 10"];
  const of = (status: string): string =>
    `HTTP/1.1 200 OK\r\n${[...shown, `Cache-Status: Sluice; ${status}`].join("\r\n")}\r\n\r\nhello`;
  play.expect(
    first.gets(of("hit; ttl=50; detail=remote")),
    "report 200",
    second.gets(of("fwd=uri-miss; collapsed; ttl=50")),
    "report 200",
  );
  first.sends(get("/"));
  play.expect(first.gets(of("hit; ttl=50")), "report 200");
});

test("where it has nothing, or does not answer in time, a server is asked; what comes is told to it", () => {
  const { play, remote } = remembered();
  const client = play.connect();
  client.sends(get("/"));
  play.expect();
  remote.answers[0]!(null);
  play.expect("dial one:80");
  const server = play.accept();
  server.sends(ok("hello", date, fresh, "Surrogate-Key: a b", "Vary: X"));
  play.take();
  expect(remote.told).toEqual(["http://a/ varies by x", "http://a/x\0 hello [a b] 60000"]);
  client.sends(get("/slow"));
  play.expect();
  play.pass(200);
  play.expect(server.gets(get("/slow")));
  expect(remote.cancelled).toBe(1);
});

test("variants are asked for by what the second level knows of them", () => {
  const { play, remote } = remembered();
  const client = play.connect();
  client.sends(get("/", "X: 1"));
  remote.answers[0]!({ kind: "vary", names: bytesOf("x") });
  expect(remote.asked).toEqual(["http://a/", "http://a/x:1\0"]);
  remote.answers[1]!(null);
  play.expect("dial one:80");
  client.closes();
  play.take();
});

test("a client that leaves while the second level is asked is forgotten", () => {
  const { play, remote } = remembered();
  const client = play.connect();
  client.sends(get("/"));
  client.closes();
  play.expect("report 0 client_closed");
  expect(remote.cancelled).toBe(1);
  play.expectNothingLeft();
});

test("what is invalidated here is invalidated there", () => {
  const { play, remote } = remembered();
  const client = play.connect();
  client.sends("DELETE /x HTTP/1.1\r\nHost: a\r\n\r\n");
  play.accept().sends("HTTP/1.1 204 No Content\r\n\r\n");
  expect(remote.told).toEqual(["http://a/x is gone"]);
});
