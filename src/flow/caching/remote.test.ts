// A second level that answers, is slow, or is away, as conversations.

import { expect, test } from "bun:test";
import { cached, date } from "../../../test/playbook/caching.ts";
import { Memory } from "../../../test/playbook/memory.ts";
import { get, ok } from "../../../test/playbook/words.ts";
import { Playbook } from "../../../test/playbook.ts";
import type { CacheEntry, CacheKey } from "../../memory/cache.ts";
import type { RemoteCache, RemoteFound, RemoteQuestion } from "../../memory/remotecache.ts";

const fresh = "Cache-Control: max-age=60";

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
