// A second level that answers, is slow, or is away, as conversations.

import { expect, test } from "bun:test";
import { cached, date } from "../../../test/playbook/caching.ts";
import { Memory } from "../../../test/playbook/memory.ts";
import { get, ok } from "../../../test/playbook/words.ts";
import { Playbook } from "../../../test/playbook.ts";
import { type CacheEntry, type CacheKey, cacheFlag } from "../../memory/cache.ts";
import { purgeTimeouts, type RemoteCache, type RemoteFound, type RemoteQuestion } from "../../memory/remotecache.ts";
import { poolCell } from "../../memory/tally.ts";

const fresh = "Cache-Control: max-age=60";

class FakeRemote implements RemoteCache {
  readonly timeoutMs = 50;
  readonly asked: string[] = [];
  readonly told: string[] = [];
  readonly within: number[] = [];
  answers: ((found: RemoteFound | null) => void)[] = [];
  cancelled = 0;

  fetch(key: CacheKey, withinMs: number, done: (found: RemoteFound | null) => void): RemoteQuestion {
    this.within.push(withinMs);
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
    first.gets(of("hit; ttl=50; detail=redis")),
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

const noTags = new Uint8Array(0);
const countOf = (play: Playbook, cell: number): number => play.tally.cells[play.tally.poolRow(0) + cell]!;

test("a head from there that a server could not have sent, or that is not its body's, is shown to nobody", () => {
  const heads: readonly (readonly [string, object?])[] = [
    ["HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n"],
    ["HTTP/1.1 200 OK\r\n\r\n"],
    ["HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", { flags: cacheFlag.isUnframed }],
    ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", { flags: cacheFlag.isUnframed }],
    ["HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX y: 1\r\n\r\n"],
    ["HTTP/1.1 200 OK\r\nContent-Length: 5\n\n"],
    ["HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"],
    ["HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\n"],
    ["HTTP/1.1 206 Partial Content\r\nContent-Length: 5\r\n\r\n", { status: 206 }],
    ["HTTP/1.1 304 Not Modified\r\n\r\n", { status: 304 }],
    ["HTTP/1.1 100 Continue\r\n\r\n", { status: 100 }],
    ["HTTP/1.1 200 OK\r\nContent-Length: 5\r\nSet-Cookie: a=b\r\n\r\n"],
    ["garbage"],
    [""],
  ];
  for (const [head, more] of heads) {
    const { play, remote } = remembered();
    const client = play.connect();
    client.sends(get("/"));
    const facts = factsOf(play, more);
    remote.answers[0]!({ kind: "whole", facts, head: bytesOf(head), body: bytesOf("hello"), tags: noTags });
    play.expect("dial one:80");
    expect(countOf(play, poolCell.remoteInvalid)).toBe(1);
  }
});

test("fields of a connection are taken out of a head from there, and its ETag is found anew", () => {
  const { play, remote } = remembered({ isTold: false });
  const client = play.connect();
  client.sends(get("/"));
  const head = `HTTP/1.1 200 OK\r\nConnection: X-Own\r\nX-Own: 1\r\nAge: 7\r\nETag: "v"\r\nContent-Length: 5\r\n${fresh}\r\n\r\n`;
  const facts = factsOf(play, { etagStart: 1, etagEnd: 9 });
  remote.answers[0]!({ kind: "whole", facts, head: bytesOf(head), body: bytesOf("hello"), tags: noTags });
  const shown = `HTTP/1.1 200 OK\r\nETag: "v"\r\nContent-Length: 5\r\n${fresh}\r\nAge: 10\r\n\r\nhello`;
  play.expect(client.gets(shown), "report 200");
  client.sends(get("/", 'If-None-Match: "v"'));
  expect(play.take().join()).toContain("304 Not Modified");
});

test("what comes of asking there is counted", () => {
  const { play, remote } = remembered();
  const answers: readonly (readonly [RemoteFound | null, number])[] = [
    [null, poolCell.remoteMiss],
    [{ kind: "away" }, poolCell.remoteAway],
    [{ kind: "late" }, poolCell.remoteLate],
    [
      {
        kind: "whole",
        facts: factsOf(play),
        head: bytesOf(`HTTP/1.1 200 OK\r\nContent-Length: 5\r\n${fresh}\r\n\r\n`),
        body: bytesOf("hello"),
        tags: noTags,
      },
      poolCell.remoteHit,
    ],
  ];
  for (const [index, [answer, cell]] of answers.entries()) {
    play.connect().sends(get(`/${index}`));
    remote.answers[index]!(answer);
    expect(countOf(play, cell)).toBe(1);
  }
  play.connect().sends(get("/late"));
  play.pass(200);
  expect(countOf(play, poolCell.remoteLate)).toBe(2);
});

test("for two questions there is no more time than for one", () => {
  const { play, remote } = remembered();
  const client = play.connect();
  client.sends(get("/", "X: 1"));
  play.pass(40);
  remote.answers[0]!({ kind: "vary", names: bytesOf("x") });
  expect(remote.within).toEqual([50, 10]);
  play.expect();
  remote.answers[1]!({ kind: "late" });
  play.expect("dial one:80");
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

test("what its server says is still good is told there again, with its tags", () => {
  const { play, remote } = remembered({ isTold: false });
  const client = play.connect();
  client.sends(get("/"));
  remote.answers[0]!(null);
  const server = play.accept();
  server.sends(ok("hello", date, "Cache-Control: max-age=1", 'ETag: "v"', "Surrogate-Key: a b"));
  play.pass(5_000);
  client.sends(get("/"));
  play.take();
  server.sends("HTTP/1.1 304 Not Modified\r\nDate: Thu, 01 Jan 2026 00:00:05 GMT\r\nCache-Control: max-age=60\r\n\r\n");
  expect(play.take().join()).toContain("client 1 gets HTTP/1.1 200 OK");
  expect(remote.told).toEqual(["http://a/ hello [a b] 601000", "http://a/ hello [a b] 660000"]);
});

test("what is invalidated here is invalidated there", () => {
  const { play, remote } = remembered();
  const client = play.connect();
  client.sends("DELETE /x HTTP/1.1\r\nHost: a\r\n\r\n");
  play.accept().sends("HTTP/1.1 204 No Content\r\n\r\n");
  expect(remote.told).toEqual(["http://a/x is gone"]);
});

test("what was invalidated a moment ago is not asked for there, where it may not have gone yet", () => {
  const { play, remote } = remembered();
  const client = play.connect();
  client.sends("DELETE /x HTTP/1.1\r\nHost: a\r\n\r\n");
  const server = play.accept();
  server.sends("HTTP/1.1 204 No Content\r\n\r\n");
  play.take();
  client.sends(get("/x"));
  play.expect(server.gets(get("/x")));
  server.sends(ok("new", date, fresh));
  const status = "Cache-Status: Sluice; fwd=miss; detail=invalidated";
  play.expect(client.gets(ok("new", date, fresh, status)), "report 200");
  expect(remote.asked).toEqual([]);
  play.pass(purgeTimeouts * remote.timeoutMs);
  client.sends(get("/x"));
  expect(remote.asked).toEqual(["http://a/x"]);
});

test("a client's condition is left out of what a server is asked when the second level has nothing, and judged where it has", () => {
  const { play, remote } = remembered({ isTold: false });
  const client = play.connect();
  const asked = get("/", 'If-None-Match: "1"');
  client.sends(asked);
  remote.answers[0]!(null);
  const server = play.accept();
  play.expect("dial one:80", server.gets(get("/")));
  server.sends(ok("hello", date, fresh, 'ETag: "1"'));
  play.expect(client.gets(ok("hello", date, fresh, 'ETag: "1"')), "report 200");
  client.sends(get("/other", 'If-None-Match: "1"'));
  const head = bytesOf(`HTTP/1.1 200 OK\r\nContent-Length: 5\r\nETag: "1"\r\n${fresh}\r\n\r\n`);
  const body = bytesOf("hello");
  remote.answers[1]!({ kind: "whole", facts: factsOf(play), head, body, tags: new Uint8Array(0) });
  play.expectAmong("report 304");
});
