// Many that want the same at once, as conversations: one asks, the others wait for it or read along, and what becomes of them when
// nothing comes of it; two workers on one cache.

import { expect, test } from "bun:test";
import type { Actor } from "../../../test/playbook/actor.ts";
import { cached, cachePlan, date } from "../../../test/playbook/caching.ts";
import { Memory } from "../../../test/playbook/memory.ts";
import { deny, field, rule, rules, table, track } from "../../../test/playbook/rules.ts";
import { get, ok } from "../../../test/playbook/words.ts";
import { Playbook } from "../../../test/playbook.ts";
import type { Cache } from "../../memory/cache.ts";
import { CacheStore } from "../../memory/cachestore.ts";

const fresh = "Cache-Control: max-age=60";
const quiet = cached({ isTold: false });
const ask = (play: Playbook, count: number, request = get("/")): Actor[] =>
  Array.from({ length: count }, () => {
    const client = play.connect();
    client.sends(request);
    return client;
  });

test("a hundred requests for one cold object make one request to the server", () => {
  const play = new Playbook(quiet);
  const clients = ask(play, 100);
  play.expect("dial one:80");
  const server = play.accept();
  play.expect(server.gets(get("/")));
  server.sends(ok("hello", date, fresh));
  const said = play.take();
  expect(said.filter((line) => line === "report 200").length).toBe(100);
  expect(said).toContain(clients[0]!.gets(ok("hello", date, fresh)));
  for (const client of clients.slice(1)) expect(said).toContain(client.gets(ok("hello", date, fresh, "Age: 0")));
});

test("what is being stored is read along, as fast as it comes", () => {
  const play = new Playbook(quiet);
  const [first, second] = ask(play, 2) as [Actor, Actor];
  const server = play.accept();
  play.take();
  const head = ok("0123456789", date, fresh).slice(0, -10);
  server.sends(`${head}012`);
  const aged = head.replace(`${fresh}\r\n`, `${fresh}\r\nAge: 0\r\n`);
  play.expect(first.gets(`${head}012`), second.gets(`${aged}012`));
  const third = play.connect();
  third.sends(get("/"));
  play.expect(third.gets(`${aged}012`));
  server.sends("3456");
  play.expect(first.gets("3456"), second.gets("3456"), third.gets("3456"));
  server.sends("789");
  play.expect(first.gets("789"), "report 200", second.gets("789"), "report 200", third.gets("789"), "report 200");
});

test("what does not say how long it will be is waited for, for nobody knows whether it will fit", () => {
  const play = new Playbook(quiet);
  const [first, second] = ask(play, 2) as [Actor, Actor];
  const old = play.connect();
  old.sends("GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n");
  const server = play.accept();
  play.take();
  const head = `HTTP/1.1 200 OK\r\n${date}\r\n${fresh}\r\n`;
  server.sends(`${head}\r\nabc`);
  play.expect(first.gets(`${head}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n`));
  server.ends();
  play.pass(20);
  const shown = `${head}Content-Length: 3\r\nAge: 0\r\n`;
  play.expectAmong(
    first.gets("0\r\n\r\n"),
    second.gets(`${shown}\r\nabc`),
    old.gets(`${shown}Connection: keep-alive\r\n\r\nabc`),
  );
});

test("a body that breaks off breaks off for all who read it along, and is not stored", () => {
  const play = new Playbook(quiet);
  const [first, second] = ask(play, 2) as [Actor, Actor];
  const server = play.accept();
  server.sends(ok("0123456789", date, fresh).slice(0, -7));
  play.take();
  server.closes();
  play.expect("report 200 truncated_response", first.is("reset"));
  play.pass(20);
  play.expect("report 200 truncated_response", second.is("reset"));
  const third = play.connect();
  third.sends(get("/"));
  play.expect("dial one:80");
});

test("what cannot be stored is no reason to wait: all go on, and so do those who come soon after", () => {
  const play = new Playbook(quiet);
  const [first, second, third] = ask(play, 3) as [Actor, Actor, Actor];
  const server = play.accept();
  play.take();
  server.sends(ok("mine", "Cache-Control: private"));
  play.expect(
    first.gets(ok("mine", "Cache-Control: private")),
    "report 200",
    // The first connection has come free.
    server.gets(get("/")),
    "dial one:80",
  );
  server.sends(ok("second", "Cache-Control: private"));
  play.accept().sends(ok("third", "Cache-Control: private"));
  play.expectAmong(
    second.gets(ok("second", "Cache-Control: private")),
    third.gets(ok("third", "Cache-Control: private")),
  );
  const others = ask(play, 2);
  expect(play.take().filter((line) => line.endsWith(`gets ${JSON.stringify(get("/")).slice(1, -1)}`)).length).toBe(2);
  expect(others.length).toBe(2);
});

test("when the one that asks gets no answer the others ask by themselves", () => {
  const play = new Playbook({ ...quiet, pool: { ...quiet.pool, retries: 0 } });
  const [first, second] = ask(play, 2) as [Actor, Actor];
  play.refuse();
  expect(play.take().some((line) => line.startsWith("client 1 gets HTTP/1.1 502"))).toBe(true);
  play.pass(20);
  play.expect("dial one:80");
  play.accept().sends(ok("hello", date, fresh));
  play.expectAmong(second.gets(ok("hello", date, fresh)), "report 200");
  first.sends(get("/"));
  play.expect(first.gets(ok("hello", date, fresh, "Age: 0")), "report 200");
});

test("nobody waits for longer than the pool says", () => {
  const play = new Playbook(cached({ isTold: false, collapseMs: 1_000 }));
  const [first, second] = ask(play, 2) as [Actor, Actor];
  const server = play.accept();
  play.take();
  play.pass(900);
  play.expect();
  play.pass(200);
  play.expect("dial one:80");
  play.accept().sends(ok("slow", date, "Cache-Control: no-store"));
  play.expectAmong(second.gets(ok("slow", date, "Cache-Control: no-store")));
  server.sends(ok("hello", date, fresh));
  play.expectAmong(first.gets(ok("hello", date, fresh)));
});

test("a pool that lets nobody wait lets all go", () => {
  const play = new Playbook(cached({ isTold: false, collapseMs: 0 }));
  ask(play, 3);
  play.expect("dial one:80", "dial one:80", "dial one:80");
});

test("who waits and leaves is forgotten; who asks and leaves goes on asking for the others", () => {
  const play = new Playbook(quiet);
  const [first, second, third] = ask(play, 3) as [Actor, Actor, Actor];
  const server = play.accept();
  play.take();
  second.closes();
  play.expect("report 0 client_closed");
  first.closes();
  play.expect();
  server.sends(ok("hello", date, fresh));
  play.expect("report 200 client_closed", third.gets(ok("hello", date, fresh, "Age: 0")), "report 200");
  third.closes();
  play.expectNothingLeft();
});

test("the pool's rules hold for what is stored when the client has left that asked for it, with what rules had set for it", () => {
  const sets = (name: string) => [rule(null, null, { does: [{ kind: "variable", name, value: "'x'" }] })];
  const hides = rule("vars.c == 'x' && vars.r == 'x'", null, { does: [field("remove", "X-Secret")] });
  for (const secret of [
    rules({ request: sets("r"), response: [hides] }),
    rules({ response: [rule(null, null, { does: [field("remove", "X-Secret")] })] }),
  ])
    for (const how of ["closes", "ends"] as const) {
      const options = { listener: { rules: rules({ connection: sets("c") }) }, pool: { rules: secret } };
      const play = new Playbook(cached({ isTold: false }, options));
      const [first, second] = ask(play, 2) as [Actor, Actor];
      const server = play.accept();
      play.take();
      first[how]();
      server.sends(ok("hello", date, fresh, "X-Secret: 1"));
      expect(play.take()).toContain(second.gets(ok("hello", date, fresh, "Age: 0")));
      const [third] = ask(play, 1) as [Actor];
      play.expect(third.gets(ok("hello", date, fresh, "Age: 0")), "report 200");
    }
});

test("a response that the pool's rules refuse is stored for nobody when the client has left that asked for it", () => {
  const tables = [table("clients", ["conn_cur"])];
  const judges = rules({ request: [rule(null, null, { does: [track()] })], response: [rule(null, deny())] });
  const play = new Playbook(cached({ isTold: false, collapseMs: 0 }, { tables, pool: { rules: judges } }));
  const [first, second] = ask(play, 2) as [Actor, Actor];
  const server = play.accept();
  play.take();
  first.closes();
  server.sends(ok("hello", date, fresh));
  play.take();
  ask(play, 1);
  expect(play.take().join()).not.toContain("hello");
  second.closes();
  play.expectAmong("report 0 client_closed");
  expect(play.memory.table("clients").recover()).toBe(0);
});

test("a client that leaves in the middle of a body does not end what fills the cache", () => {
  const play = new Playbook(quiet);
  const [first] = ask(play, 1) as [Actor];
  const server = play.accept();
  server.sends(ok("0123456789", date, fresh).slice(0, -5));
  first.closes();
  server.sends("56789");
  play.take();
  const other = play.connect();
  other.sends(get("/"));
  play.expect(other.gets(ok("0123456789", date, fresh, "Age: 0")), "report 200");
});

test("variants are waited for by their own names, once those are known", () => {
  const play = new Playbook(quiet);
  const clients = ask(play, 2, get("/", "X: 1"));
  const other = play.connect();
  other.sends(get("/", "X: 2"));
  const server = play.accept();
  play.take();
  server.sends(ok("one", date, fresh, "Vary: X"));
  play.expect(
    clients[0]!.gets(ok("one", date, fresh, "Vary: X")),
    "report 200",
    clients[1]!.gets(ok("one", date, fresh, "Vary: X", "Age: 0")),
    "report 200",
    server.gets(get("/", "X: 2")),
  );
  server.sends(ok("two", date, fresh, "Vary: X"));
  play.expect(other.gets(ok("two", date, fresh, "Vary: X")), "report 200");
});

test("two workers share what one of them stores, and wait for each other", () => {
  const one = new Playbook(quiet);
  const two = new Playbook(quiet, undefined, undefined, one.memory);
  const [first] = ask(one, 1) as [Actor];
  const server = one.accept();
  one.take();
  const [second] = ask(two, 1) as [Actor];
  two.pass(20);
  two.expect();
  server.sends(ok("0123456789", date, fresh).slice(0, -5));
  one.take();
  two.pass(20);
  const head = ok("0123456789", date, fresh, "Age: 0").slice(0, -10);
  two.expect(second.gets(`${head}01234`));
  server.sends("56789");
  two.pass(20);
  two.expect(second.gets("56789"), "report 200");
  one.expect(first.gets("56789"), "report 200");
});

/** A worker with the cache of another, who is let do something between this one's look and its lease. */
function beside(one: Playbook, meanwhile: () => void): Playbook {
  const cache = one.memory.cacheOf(cachePlan);
  let isDone = false;
  const racing: Cache = {
    name: cache.name,
    objectBytesMax: cache.objectBytesMax,
    find: (...words) => cache.find(...words),
    lease: (...words) => {
      if (!isDone) meanwhile();
      isDone = true;
      return cache.lease(...words);
    },
    replace: (...words) => cache.replace(...words),
    markPass: (...words) => cache.markPass(...words),
    markVary: (...words) => cache.markVary(...words),
    purge: (...words) => cache.purge(...words),
  };
  return new Playbook(quiet, undefined, undefined, new Memory(() => racing));
}

test("who finds nothing, and a moment later another worker asking for it, waits for that one", () => {
  const one = new Playbook(quiet);
  const two = beside(one, () => void ask(one, 1));
  const [late] = ask(two, 1) as [Actor];
  two.expect();
  const server = one.accept();
  server.sends(ok("hello", date, fresh));
  two.pass(20);
  two.expect(late.gets(ok("hello", date, fresh, "Age: 0")), "report 200");
});

test("who finds nothing, and a moment later what another worker has stored, shows that", () => {
  const one = new Playbook(quiet);
  const two = beside(one, () => {
    ask(one, 1);
    one.accept().sends(ok("hello", date, fresh));
  });
  const [late] = ask(two, 1) as [Actor];
  two.expect(late.gets(ok("hello", date, fresh, "Age: 0")), "report 200");
});

test("of two workers that ask anew for what is stale one asks a server, and both show what comes", () => {
  const one = new Playbook(quiet);
  const [first] = ask(one, 1) as [Actor];
  const server = one.accept();
  server.sends(ok("hello", date, "Cache-Control: max-age=1", 'ETag: "v1"'));
  one.take();
  const two = new Playbook(quiet, undefined, undefined, one.memory);
  one.pass(5_000);
  two.pass(5_000);
  first.sends(get("/"));
  one.expect(server.gets(get("/", 'If-None-Match: "v1"')));
  const [second] = ask(two, 1) as [Actor];
  two.pass(20);
  two.expect();
  server.sends("HTTP/1.1 304 Not Modified\r\nDate: Thu, 01 Jan 2026 00:00:05 GMT\r\nCache-Control: max-age=60\r\n\r\n");
  one.take();
  two.pass(20);
  expect(two.take().join()).toContain(`client 1 gets HTTP/1.1 200`);
  expect(second).toBeDefined();
});

test("what it varies by became known between a look and the lease: it is looked for again, as a variant", () => {
  const store = CacheStore.inMemory(cachePlan, "pages");
  const first = new Playbook(quiet, undefined, undefined, new Memory(() => store));
  const seeds = first.connect();
  /** What the other worker does in between. */
  let between = (): void => {};
  const found: Cache["find"] = (key, nowMs) => {
    const entry = store.find(key, nowMs);
    if (entry === null) {
      const act = between;
      between = () => {};
      act();
    }
    return entry;
  };
  const late: Cache = Object.create(store, {
    find: { value: found },
    lease: { value: store.lease.bind(store) },
    purge: { value: store.purge.bind(store) },
  }) as Cache;
  const second = new Playbook(quiet, undefined, undefined, new Memory(() => late));
  between = () => {
    seeds.sends(get("/", "X: 1"));
    first.accept().sends(ok("one", date, fresh, "Vary: X"));
    first.take();
  };
  const client = second.connect();
  client.sends(get("/", "X: 1"));
  second.expect(client.gets(ok("one", date, fresh, "Vary: X", "Age: 0")), "report 200");
});

test("a long body is read along as soon as there is room for all of it, from its beginning", () => {
  const play = new Playbook(cached({ isTold: false }, {}, { bytesMax: 2 ** 26, objectBytesMax: 2 ** 23 }));
  const [first, second] = ask(play, 2) as [Actor, Actor];
  const server = play.accept();
  const body = "0123456789abcdef".repeat(3 * 2 ** 16);
  const whole = ok(body, date, fresh);
  const headEnd = whole.length - body.length;
  const told = (): number =>
    play
      .take()
      .filter((line) => line.startsWith(second.gets("")))
      .reduce((sum, line) => sum + line.length, 0);
  server.sends(whole.slice(0, headEnd + 10));
  expect(told()).toBe(0);
  server.sends(whole.slice(headEnd + 10, headEnd + 20));
  play.pass(20);
  expect(told()).toBeGreaterThan(0);
  server.sends(whole.slice(headEnd + 20));
  const said = play.take();
  expect(said.filter((line) => line === "report 200").length).toBe(2);
  expect(said.some((line) => line.startsWith(first.gets("")))).toBe(true);
});

/** So many clients of each variant, by X. */
function crowd(play: Playbook, variants: readonly string[], count: number): Map<string, Actor[]> {
  const clients = new Map<string, Actor[]>(variants.map((variant) => [variant, []]));
  for (let round = 0; round < count; round++)
    for (const variant of variants) clients.get(variant)!.push(...ask(play, 1, get("/", `X: ${variant}`)));
  return clients;
}

const asked = (said: readonly string[]): number =>
  said.filter((line) => line.startsWith("server ") && line.includes("gets GET")).length;

test("of a crowd on a cold URL each variant makes one request to the server, and each client gets its own", () => {
  const play = new Playbook(quiet);
  const clients = crowd(play, ["1", "2", "3"], 10);
  play.expect("dial one:80");
  const server = play.accept();
  play.expect(server.gets(get("/", "X: 1")));
  server.sends(ok("for 1", date, fresh, "Vary: X"));
  const said = play.take();
  expect(said.filter((line) => line.startsWith("server") || line.startsWith("dial"))).toEqual([
    server.gets(get("/", "X: 2")),
    "dial one:80",
  ]);
  const second = play.accept();
  server.sends(ok("for 2", date, fresh, "Vary: X"));
  said.push(...play.take());
  second.sends(ok("for 3", date, fresh, "Vary: X"));
  said.push(...play.take());
  expect(said.filter((line) => line === "report 200").length).toBe(30);
  expect(asked(said)).toBe(2);
  for (const [variant, ofVariant] of clients)
    for (const client of ofVariant.slice(1))
      expect(said).toContain(client.gets(ok(`for ${variant}`, date, fresh, "Vary: X", "Age: 0")));
});

test("a variant of unknown length is waited for too", () => {
  const play = new Playbook(quiet);
  const clients = crowd(play, ["1", "2"], 3);
  const server = play.accept();
  const head = `HTTP/1.1 200 OK\r\n${date}\r\n${fresh}\r\nVary: X\r\n`;
  server.sends(`${head}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n`);
  play.accept().sends(ok("for 2", date, fresh, "Vary: X"));
  play.take();
  server.sends("0\r\n\r\n");
  const said = play.take();
  for (const client of clients.get("1")!.slice(1))
    expect(said).toContain(client.gets(`${head}Content-Length: 3\r\nAge: 0\r\n\r\nabc`));
});

test("who waits for its URL and then for its variant waits no longer than the pool says, both together", () => {
  const play = new Playbook(cached({ isTold: false, collapseMs: 1_000 }));
  crowd(play, ["1", "2"], 2);
  const server = play.accept();
  play.pass(600);
  server.sends(ok("for 1", date, fresh, "Vary: X"));
  expect(asked(play.take())).toBe(2);
  play.pass(300);
  play.expect();
  play.pass(200);
  play.expect("dial one:80");
});

test("a server that changes the names in Vary with each answer keeps nobody waiting for more than two of them", () => {
  const play = new Playbook(quiet);
  ask(play, 1, get("/", "X: 1"));
  for (const y of ["1", "1", "2", "2", "2"]) ask(play, 1, get("/", "X: 2", `Y: ${y}`));
  const server = play.accept();
  play.take();
  server.sends(ok("one", date, fresh, "Vary: X"));
  expect(asked(play.take())).toBe(1);
  server.sends(ok("two", date, fresh, "Vary: X, Y"));
  const said = play.take();
  expect(said.filter((line) => line === "report 200").length).toBe(2);
  expect(said.filter((line) => line.startsWith("dial")).length + asked(said)).toBe(3);
});
