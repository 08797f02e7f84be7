// Logins by the connection, as conversations: whose a server's connection is from then on, how long it is kept, and who never gets it.

import { expect, test } from "bun:test";
import { cached, date } from "../../test/playbook/caching.ts";
import { egressPlan, egressProxy } from "../../test/playbook/egresses.ts";
import type { PlanOptions } from "../../test/playbook/plan.ts";
import { proxyPlan } from "../../test/playbook/proxies.ts";
import { field, rule, rules } from "../../test/playbook/rules.ts";
import { get, ok, put } from "../../test/playbook/words.ts";
import { Playbook } from "../../test/playbook.ts";
import { serverCell } from "../memory/tally.ts";
import { pinnedIdleMax, pinnedMax } from "./pinned.ts";

const asks = (status: number, field: string): string =>
  `HTTP/1.1 ${status} Unauthorized\r\nContent-Length: 0\r\n${field}\r\n\r\n`;
const challenge = asks(401, "WWW-Authenticate: NTLM TlRMTVNTUAAC");
const first = get("/", "Authorization: NTLM TlRMTVNTUAAB");
const last = get("/", "Authorization: NTLM TlRMTVNTUAAD");

/** A client whose connection has been asked for a login by a server, or has shown one unasked. */
function pinned(options: PlanOptions = {}, play = new Playbook(options), request = get("/"), answer = challenge) {
  const client = play.connect();
  client.sends(request);
  const server = play.accept();
  server.sends(answer);
  play.take();
  return { play, client, server };
}

const idleAt = (play: Playbook, slot = 0): number => play.totals.server(slot, serverCell.idle);
const openAt = (play: Playbook, slot = 0): number => play.totals.server(slot, serverCell.open);

test("whoever else comes is given another connection, while the client goes on over its own", () => {
  for (const request of [get("/"), first]) {
    const { play, client, server } = pinned({}, undefined, request);
    expect([idleAt(play), openAt(play)]).toEqual([1, 1]);
    const stranger = play.connect();
    stranger.sends(get("/other"));
    play.expect("dial one:80");
    const other = play.accept();
    other.sends(ok("other"));
    play.take();
    client.sends(last);
    play.expect(server.gets(last));
    server.sends(ok("you are alice"));
    play.expect(client.gets(ok("you are alice")), "report 200");
    client.sends(get("/2"));
    play.expect(server.gets(get("/2")));
    server.sends(ok("alice still"));
    play.take();
    stranger.sends(get("/3"));
    play.expect(other.gets(get("/3")));
    client.closes();
    play.expect(server.is("destroyed"));
    expect([idleAt(play), openAt(play), play.context.pinned.count]).toEqual([0, 1, 0]);
  }
});

test("a login that nobody has asked for, and that is answered at once, is one", () => {
  for (const scheme of ["NTLM", "negotiate", "Negotiate"]) {
    const { play, client, server } = pinned({}, undefined, get("/", `Authorization: ${scheme} YII=`), ok("alice"));
    play.connect().sends(get("/other"));
    play.expect("dial one:80");
    client.sends(get("/2"));
    play.expect(server.gets(get("/2")));
  }
});

test("Basic, Bearer and Digest are of a request: their connections serve everybody", () => {
  for (const [request, answer] of [
    [get("/"), asks(401, 'WWW-Authenticate: Basic realm="a"')],
    [get("/", "Authorization: Basic eDp5"), ok("x")],
    [get("/", "Authorization: Bearer ntlm"), ok("x")],
    [get("/"), asks(403, "WWW-Authenticate: NTLM")],
  ] as const) {
    const { play, server } = pinned({}, undefined, request, answer);
    play.connect().sends(get("/other"));
    play.expect(server.gets(get("/other")));
    expect(play.context.pinned.count).toBe(0);
  }
});

test("a connection that others have used is its client's from the login on", () => {
  const { play, client, server } = pinned({}, undefined, get("/"), ok("public"));
  client.closes();
  const alice = play.connect();
  alice.sends(first);
  expect(play.take()).toContain(server.gets(first));
  server.sends(challenge);
  play.take();
  play.connect().sends(get("/other"));
  play.expect("dial one:80");
});

test("407 of a server that is a proxy is a challenge too", () => {
  const { play } = pinned({}, undefined, get("/"), asks(407, "Proxy-Authenticate: Negotiate"));
  play.connect().sends(get("/other"));
  play.expect("dial one:80");
});

test("its server comes before the balancer's, which a stranger still gets", () => {
  const { play, client, server } = pinned({ servers: ["one", "two"] });
  for (let count = 0; count < 3; count++) {
    client.sends(last);
    play.expect(server.gets(last));
    server.sends(ok("alice"));
    play.take();
  }
  play.connect().sends(get("/"));
  play.expect("dial two:80");
});

test("a pool that keeps no connections keeps those: login completes", () => {
  const pool = { idle: { connectionsMax: 0, timeoutMs: 30_000 } };
  const { play, client, server } = pinned({ pool, servers: ["one", "two"] });
  client.sends(last);
  play.expect(server.gets(last));
  server.sends(ok("alice"));
  play.take();
  client.ends();
  play.expect(server.is("destroyed"), client.is("destroyed"));
  play.expectNothingLeft();
});

test("behind a PROXY header too", () => {
  const { play, client, server } = pinned({ server: { proxyProtocol: 1 } });
  client.sends(last);
  play.expect(server.gets(last));
});

test("when its server may not be picked any more, another is, and the login begins anew there", () => {
  const { play, client, server } = pinned({ servers: ["one", "two"] });
  play.setServer(0, false);
  client.sends(last);
  play.expect("dial two:80");
  const other = play.accept();
  other.sends(challenge);
  play.take();
  play.setServer(0, true);
  client.sends(last);
  play.expect(other.gets(last));
  other.sends(ok("alice"));
  play.take();
  client.closes();
  expect(play.take().toSorted()).toEqual([server.is("destroyed"), other.is("destroyed")].toSorted());
  play.expectNothingLeft();
});

test("what names a server besides the balancer goes first", () => {
  const options: PlanOptions = {
    servers: ["one", "two"],
    balance: {
      sticky: {
        cookie: "s",
        isPrefix: false,
        maxAgeS: null,
        secure: false,
        httpOnly: true,
        sameSite: null,
        path: "/",
      },
    },
  };
  const { play, client, server } = pinned(options);
  client.sends(get("/", "Cookie: s=two"));
  play.expect("dial two:80");
  play.accept().sends(ok("x"));
  play.take();
  client.sends(get("/", "Cookie: s=one"));
  play.expect(server.gets(get("/", "Cookie: s=one")));
});

test("a connection that the server closes is replaced by a fresh one at that server", () => {
  const { play, client, server } = pinned({ servers: ["one"] });
  server.ends();
  play.expect(server.is("destroyed"));
  expect([idleAt(play), play.context.pinned.count]).toEqual([0, 0]);
  client.sends(get("/2"));
  play.expect("dial one:80");
});

test("one that is lost under a request is replaced, by none of those that stand idle", () => {
  const { play, client, server } = pinned({ servers: ["one"] });
  play.connect().sends(get("/other"));
  const other = play.accept();
  other.sends(ok("other"));
  play.take();
  client.sends(last);
  play.take();
  server.closes(false);
  play.expect("dial one:80");
  const fresh = play.accept();
  expect(play.take()).toContain(fresh.gets(last));
  fresh.sends(challenge);
  play.take();
  play.connect().sends(get("/3"));
  play.expect(other.gets(get("/3")));
});

test("a retry of another's request is not given it", () => {
  const { play, server } = pinned({ servers: ["one", "two"] });
  const stranger = play.connect();
  stranger.sends(get("/other"));
  play.expect("dial two:80");
  const other = play.accept();
  other.closes(false);
  expect(play.take()).toContain("dial one:80");
  const again = play.accept();
  play.expect(again.gets(get("/other")));
  expect(server.flow).not.toBeNull();
});

test("it ends with a client that is reset in the middle of a request, and with one that asks for no more", () => {
  const one = pinned();
  one.client.sends(last);
  one.play.take();
  one.client.closes();
  one.play.expectAmong(one.server.is("reset"));
  one.play.expectNothingLeft();
  for (const request of [get("/", "Connection: close"), "GET / HTTP/1.0\r\nHost: a\r\n\r\n"]) {
    const two = new Playbook();
    const client = two.connect();
    client.sends(request);
    const server = two.accept();
    server.sends(challenge);
    expect(two.take()).toContain(server.is("destroyed"));
    expect([idleAt(two), openAt(two), two.context.pinned.count]).toEqual([0, 0, 0]);
    two.expectNothingLeft();
  }
});

test("HTTP/1.0 with keep-alive, and requests sent ahead, go over it in their order", () => {
  const old = "GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\nAuthorization: NTLM TlRM\r\n\r\n";
  const { play, client, server } = pinned({}, undefined, old);
  client.sends(get("/2") + get("/3"));
  expect(play.take()).toContain(server.gets(get("/2")));
  server.sends(ok("2"));
  expect(play.take()).toContain(server.gets(get("/3")));
});

test("a body that is not read to its end ends it", () => {
  const play = new Playbook();
  const client = play.connect();
  client.sends(put("POST", "abc").slice(0, -1));
  const server = play.accept();
  server.sends(challenge);
  expect(play.take()).toContain(server.is("destroyed"));
  expect(play.context.pinned.count).toBe(0);
  client.closes();
  play.expectNothingLeft();
});

test("what stands idle for too long is closed, and at a drain with its client", () => {
  const { play, server } = pinned({ downstream: { idleMs: 90_000 } });
  play.pass(29_000);
  play.expect();
  play.pass(3_000);
  play.expect(server.is("destroyed"));
  expect([idleAt(play), play.context.pinned.count]).toEqual([0, 0]);
  const next = pinned();
  next.play.drain();
  next.play.expect(next.server.is("destroyed"), next.client.is("destroyed"));
  const busy = pinned();
  busy.client.sends(last);
  busy.play.drain();
  busy.play.take();
  busy.server.sends(ok("alice"));
  busy.play.expectAmong(busy.server.is("destroyed"));
});

test("a reload keeps it where its server stays, and closes it where that leaves", () => {
  const { play, client, server } = pinned({ servers: ["one", "two"] });
  play.reload({ servers: ["one", "two"], generation: 2, pool: { retries: 1 } });
  play.expect();
  client.sends(last);
  play.expect(server.gets(last));
  play.reload({ servers: ["other"], generation: 3 });
  server.sends(ok("alice"));
  play.expectAmong(server.is("destroyed"), "report 200");
  const next = pinned({ servers: ["one"] });
  next.play.reload({ servers: ["other"], generation: 2 });
  next.play.expect(next.server.is("destroyed"));
  expect([idleAt(next.play), next.play.context.pinned.count]).toEqual([0, 0]);
});

test("a server that bears so many connections is not kept from others by one that stands idle", () => {
  const { play, client, server } = pinned({ servers: ["one"], server: { connectionsMax: 1 } });
  client.sends(last);
  play.expect(server.gets(last));
  server.sends(ok("alice"));
  play.take();
  play.connect().sends(get("/other"));
  play.expect(server.is("destroyed"), "dial one:80");
  expect([idleAt(play), play.totals.active(0)]).toEqual([0, 1]);
});

test("a client connection has so many at most, and the oldest makes room", () => {
  const names = Array.from({ length: pinnedMax + 1 }, (_, index) => `h${index}.example`);
  const play = new Playbook(proxyPlan());
  for (const name of names) play.names.set(name, ["8.8.8.8"]);
  const client = play.connect();
  const servers = names.map((name) => {
    client.sends(`GET http://${name}/ HTTP/1.1\r\nHost: ${name}\r\n\r\n`);
    const server = play.accept();
    server.sends(challenge);
    return server;
  });
  expect(play.take().filter((said) => said.endsWith("destroyed"))).toEqual([servers[0]!.is("destroyed")]);
  expect(play.context.pinned.count).toBe(pinnedMax);
});

test("of all clients together only so many stand idle, and the one that was used longest ago makes room", () => {
  const { play, client, server } = pinned();
  const next = pinned({}, play);
  client.sends(last);
  server.sends(ok("alice"));
  play.take();
  for (let count = 2; count < pinnedIdleMax; count++) pinned({}, play);
  expect([idleAt(play), play.context.pinned.count]).toEqual([pinnedIdleMax, pinnedIdleMax]);
  play.connect().sends(get("/"));
  play.accept().sends(challenge);
  expect(play.take()).toContain(next.server.is("destroyed"));
  expect([idleAt(play), play.context.pinned.count]).toEqual([pinnedIdleMax, pinnedIdleMax]);
  // What carries a request is not counted.
  client.sends(last);
  pinned({}, play);
  expect([idleAt(play), play.context.pinned.count]).toEqual([pinnedIdleMax, pinnedIdleMax + 1]);
  server.sends(ok("alice"));
  expect([idleAt(play), server.flow !== null]).toEqual([pinnedIdleMax, true]);
});

test("a forward proxy keeps the connection to a target for its client, and no other target is asked over it", () => {
  const play = new Playbook(proxyPlan());
  for (const name of ["a.example", "b.example"]) play.names.set(name, ["8.8.8.8"]);
  const ask = (host: string): string => `GET http://${host}/ HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
  const client = play.connect();
  client.sends(ask("a.example"));
  const server = play.accept();
  server.sends(challenge);
  play.take();
  play.connect().sends(ask("a.example"));
  play.expect("dial a.example:80");
  client.sends(ask("b.example"));
  play.expect("dial b.example:80");
  play.accept().sends(ok("stranger"));
  play.accept().sends(ok("b"));
  play.take();
  client.sends(ask("a.example"));
  play.expect(server.gets("GET / HTTP/1.1\r\nHost: a.example\r\n\r\n"));
});

test("through an egress pool it is kept too, and an outbound proxy that wants a login is not passed on", () => {
  const play = new Playbook(egressProxy({ egress: egressPlan(["http://proxy.example:3128"]) }));
  for (const name of ["a.example", "proxy.example"]) play.names.set(name, ["203.0.113.9"]);
  const ask = "GET http://a.example/ HTTP/1.1\r\nHost: a.example\r\n\r\n";
  const client = play.connect();
  client.sends(ask);
  const server = play.accept();
  server.sends(challenge);
  play.take();
  const stranger = play.connect();
  stranger.sends(ask);
  expect(play.take().some((said) => said.startsWith("dial"))).toBe(true);
  const other = play.accept();
  other.sends(asks(407, "Proxy-Authenticate: Negotiate"));
  play.expectAmong(other.is("reset"));
  client.sends(ask);
  expect(play.take().join()).toContain(`${server.name} gets GET http://a.example/`);
});

test("what comes over it is stored for nobody, with credentials or without, unless it says that it is for all", () => {
  const fresh = "Cache-Control: max-age=60";
  const { play, client, server } = pinned(cached());
  client.sends(get("/a"));
  play.expect(server.gets(get("/a")));
  server.sends(ok("alice", date, fresh));
  expect(play.take().join()).toContain("detail=authorization");
  const stranger = play.connect();
  stranger.sends(get("/a"));
  play.expect("dial one:80");
  const other = play.accept();
  other.sends(ok("public", date, "Cache-Control: no-store"));
  play.take();
  client.sends(get("/b"));
  server.sends(ok("logo", date, "Cache-Control: public, max-age=60"));
  play.take();
  stranger.sends(get("/b"));
  expect(play.take().join()).toContain("logo");
});

test("who waits for what one with a login has asked for gets an answer of its own", () => {
  const { play, client, server } = pinned(cached());
  client.sends(get("/a"));
  const stranger = play.connect();
  stranger.sends(get("/a"));
  expect(play.take()).toEqual([server.gets(get("/a"))]);
  server.sends(ok("alice", date, "Cache-Control: max-age=60"));
  const said = play.take();
  expect(said.filter((line) => line.includes("alice"))).toHaveLength(1);
  expect(said).toContain("dial one:80");
});

test("a challenge that may be stored is not: it was for one connection", () => {
  const play = new Playbook(cached());
  const stored = challenge.replace("\r\n\r\n", `\r\n${date}\r\nCache-Control: max-age=60\r\n\r\n`);
  const { client } = pinned({}, play, get("/"), stored);
  client.closes();
  play.take();
  play.connect().sends(get("/"));
  play.expect("dial one:80");
});

test("a login that a rule gives is one", () => {
  for (const name of ["authorization", "Authorization"]) {
    const gives = rules({ request: [rule(null, null, { does: [field("set", name, "NTLM x")] })] });
    const { play } = pinned({ listener: { rules: gives } }, undefined, get("/"), ok("x"));
    play.connect().sends(get("/other"));
    play.expect("dial one:80");
  }
});
