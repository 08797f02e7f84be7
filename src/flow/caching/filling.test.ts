// What is being stored and what goes wrong with it, as conversations: no room, a worker that dies, a purge in between, a reload, a drain.

import { expect, test } from "bun:test";
import { cached, cachePlan, date } from "../../../test/playbook/caching.ts";
import { Memory } from "../../../test/playbook/memory.ts";
import { get, ok } from "../../../test/playbook/words.ts";
import { Playbook } from "../../../test/playbook.ts";
import { body, keyOf, put, start } from "../../memory/cachestore/sample.fixture.ts";
import { CacheStore } from "../../memory/cachestore.ts";

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
  let said = play.take().join("");
  while (client.isOffered || client.heldBytes > 0) {
    client.makesRoom(100_000);
    said += play.take().join("");
  }
  expect(said.endsWith("report 200")).toBe(true);
  expect(said.match(/x{100,}/g)!.join("").length).toBe(body.length);
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

test("what was purged while it was asked for is not stored by the answer, whether it was there before or not", () => {
  const play = new Playbook(quiet);
  const [client, other] = [play.connect(), play.connect()];
  const write = "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n";
  client.sends(get("/"));
  const server = play.accept();
  other.sends(write);
  const second = play.accept();
  second.sends("HTTP/1.1 204 No Content\r\n\r\n");
  server.sends(ok("old", date, fresh, 'ETag: "1"', "Vary: X"));
  play.take();
  client.sends(get("/"));
  play.expectAmong(server.gets(get("/")));
  server.sends(ok("new", date, fresh, 'ETag: "2"'));
  client.sends(get("/", "Cache-Control: no-cache"));
  other.sends(write);
  second.sends("HTTP/1.1 204 No Content\r\n\r\n");
  play.take();
  server.sends(ok("late", date, fresh, 'ETag: "3"'));
  play.take();
  client.sends(get("/"));
  expect(play.take().some((line) => line.startsWith("server"))).toBe(true);
});

test("where nobody waits what cannot be stored leaves no mark: what can be is stored the next time", () => {
  const play = new Playbook(quiet);
  const client = play.connect();
  client.sends(get("/"));
  const server = play.accept();
  server.sends(ok("mine", "Cache-Control: private"));
  client.sends(get("/"));
  server.sends(ok("all", date, fresh));
  play.take();
  client.sends(get("/"));
  play.expect(client.gets(ok("all", date, fresh, "Age: 0")), "report 200");
});

test("an error of the server leaves no mark: the next one that asks keeps others waiting again", () => {
  const play = new Playbook(quiet);
  const client = play.connect();
  client.sends(get("/"));
  const server = play.accept();
  server.sends("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n");
  play.take();
  client.sends(get("/"));
  play.connect().sends(get("/"));
  play.expect(server.gets(get("/")));
  server.sends(ok("hello", date, fresh));
  expect(play.take().filter((line) => line === "report 200").length).toBe(2);
});

const open = `HTTP/1.1 200 OK\r\n${date}\r\n${fresh}\r\nTransfer-Encoding: chunked\r\n\r\n`;
const piece = `2710\r\n${"y".repeat(10_000)}\r\n`;
const write = "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n";

test("what is purged while its body comes leaves no mark, and does not throw out what was fetched after that", () => {
  const words: string[] = [];
  const play = new Playbook(cached(), ({ caching }) => words.push(caching!.word));
  const [client, other] = [play.connect(), play.connect()];
  client.sends(get("/"));
  const server = play.accept();
  server.sends(open + piece);
  other.sends(write);
  const second = play.accept();
  second.sends("HTTP/1.1 204 No Content\r\n\r\n");
  other.sends(get("/"));
  second.sends(ok("new", date, fresh));
  // Large enough to want more room than there was for it when it was purged.
  for (let count = 0; count < 3; count++) server.sends(piece);
  server.sends("0\r\n\r\n");
  play.take();
  client.sends(get("/"));
  play.expect(client.gets(ok("new", date, fresh, "Age: 0", "Cache-Status: Sluice; hit; ttl=60")), "report 200");
  expect(words).toEqual(["bypass", "miss", "miss", "hit"]);
});

test("what found no room leaves no mark: it is stored when there is room", () => {
  const store = CacheStore.inMemory(
    { ...cachePlan, policy: "lru", bytesMax: 2 ** 20, objectBytesMax: 2 ** 18 },
    "pages",
  );
  const play = new Playbook(quiet, undefined, undefined, new Memory(() => store));
  const hold = Array.from({ length: 16 }, (_, index) => {
    put(store, keyOf(`/${index}`), body(60_000, index), { bodyBytes: 60_000 });
    return store.find(keyOf(`/${index}`), start);
  });
  const client = play.connect();
  client.sends(get("/"));
  const server = play.accept();
  server.sends(open);
  for (let count = 0; count < 20; count++) server.sends(piece);
  server.sends("0\r\n\r\n");
  expect(play.take().at(-1)).toBe("report 200");
  for (const entry of hold) entry?.release();
  client.sends(get("/"));
  server.sends(ok("hello", date, fresh));
  play.take();
  client.sends(get("/"));
  play.expect(client.gets(ok("hello", date, fresh, "Age: 0")), "report 200");
});

test("Cache-Status says of what was purged before its head came that it was that", () => {
  const play = new Playbook(cached());
  const [client, other] = [play.connect(), play.connect()];
  client.sends(get("/"));
  const server = play.accept();
  other.sends(write);
  play.accept().sends("HTTP/1.1 204 No Content\r\n\r\n");
  play.take();
  server.sends(ok("old", date, fresh));
  play.expect(client.gets(ok("old", date, fresh, "Cache-Status: Sluice; fwd=uri-miss; detail=purged")), "report 200");
});

test("what was purged while it was asked for and may not be stored does not end what is asked for now", () => {
  const play = new Playbook(quiet);
  const [client, other] = [play.connect(), play.connect()];
  client.sends(get("/"));
  const server = play.accept();
  other.sends(write);
  const second = play.accept();
  second.sends("HTTP/1.1 204 No Content\r\n\r\n");
  other.sends(get("/"));
  const waiting = play.connect();
  waiting.sends(get("/"));
  play.take();
  server.sends(ok("mine", "Cache-Control: private"));
  play.expect(client.gets(ok("mine", "Cache-Control: private")), "report 200");
  second.sends(ok("new", date, fresh));
  play.expectAmong(other.gets(ok("new", date, fresh)), waiting.gets(ok("new", date, fresh, "Age: 0")));
});
