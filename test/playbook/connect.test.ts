import { expect, test } from "bun:test";
import { listenerCell, routeCell } from "../../src/memory/tally.ts";
import { Playbook } from "../playbook.ts";
import { connect, established, type ProxyOptions, proxyPlan } from "./proxies.ts";
import { get, reply } from "./words.ts";

function proxy(options: ProxyOptions = {}): Playbook {
  const play = new Playbook(proxyPlan(options));
  play.names.set("a.example", ["8.8.8.8", "8.8.4.4"]);
  return play;
}

function tunnel(options: ProxyOptions = {}) {
  const play = proxy(options);
  const client = play.connect();
  client.sends(connect("a.example:443"));
  const server = play.accept();
  play.take();
  return { play, client, server };
}

test("a tunnel is told of when its target has accepted, and then carries bytes both ways", () => {
  const play = proxy();
  const client = play.connect();
  client.sends(connect("a.example:443"));
  play.expect("dial a.example:443");
  const server = play.accept();
  play.expect(client.gets(established));
  expect(play.totals.listener(0, listenerCell.tunnels)).toBe(1);
  client.sends("GET / HTTP/1.1\r\n\r\n");
  server.sends("HTTP/1.1 200 OK\r\n\r\n");
  play.expect(server.gets("GET / HTTP/1.1\r\n\r\n"), client.gets("HTTP/1.1 200 OK\r\n\r\n"));
  client.ends();
  play.expect(server.is("ended"));
  server.sends("last words");
  play.expect(client.gets("last words"));
  server.ends();
  play.expect(server.is("destroyed"), "report 200", client.is("destroyed"));
  expect(play.totals.listener(0, listenerCell.tunnels)).toBe(0);
  expect(play.totals.listener(0, listenerCell.tunnelsOpened)).toBe(1);
  play.expectNothingLeft();
});

test("what came behind the head, or while the target was sought, goes into the tunnel", () => {
  const play = new Playbook(proxyPlan());
  const client = play.connect();
  client.sends(`${connect("a.example:443")}one`);
  play.expect(client.is("paused"), "resolve a.example");
  client.sends("two");
  client.ends();
  play.resolved("8.8.8.8");
  const server = play.accept();
  play.expect(
    "dial a.example:443",
    client.gets(established),
    client.is("resumed"),
    server.gets("onetwo"),
    server.is("ended"),
  );
});

test("a target that refuses is tried at its next address, and then it is 502", () => {
  const play = proxy();
  const client = play.connect();
  client.sends(connect("a.example:443"));
  play.expect("dial a.example:443");
  play.refuse();
  play.expect("dial a.example:443");
  play.refuse();
  play.expect(
    client.gets(reply(502, "Bad Gateway", "the server refused the connection")),
    "report 502 connect_refused",
  );
  play.expectNothingLeftBut(1);
});

test("a target that does not answer is 504 once every address had its time", () => {
  const play = proxy();
  const client = play.connect();
  client.sends(connect("a.example:443"));
  play.pass(5_200);
  play.expect("dial a.example:443", "dial a.example:443");
  play.pass(5_200);
  play.expectAmong("report 504 connect_timeout");
});

test("a client that leaves while its target is dialed leaves nothing behind", () => {
  const play = proxy();
  const client = play.connect();
  client.sends(connect("a.example:443"));
  client.closes();
  play.expect("dial a.example:443", "report 0 client_closed");
  const server = play.accept();
  play.expect(server.is("destroyed"));
  play.expectNothingLeft();
});

test("CONNECT to what may not be is refused; the connection goes on, unless bytes for the tunnel came along", () => {
  const play = proxy();
  const client = play.connect();
  client.sends(connect("127.0.0.1:443"));
  play.expect(
    client.gets(reply(403, "Forbidden", "the target is not one that may be asked for here")),
    "report 403 target_denied",
  );
  client.sends(connect("a.example:25"));
  const server = play.accept();
  play.expect("dial a.example:25", client.gets(established));
  expect(server.flow).not.toBeNull();
  const eager = play.connect();
  eager.sends(`${connect("127.0.0.1:443")}${get("/hidden")}`);
  play.expectAmong("report 403 target_denied", eager.is("ended"));
  play.pass(2_500);
  play.expect(eager.is("destroyed"));
});

test("CONNECT without a port, with a body, or with what is no place is malformed", () => {
  const play = proxy();
  const bad = [
    "CONNECT a.example",
    "CONNECT a.example:",
    "CONNECT a.example:0",
    "CONNECT a.example:65536",
    "CONNECT /",
    "CONNECT http://a.example/",
    "CONNECT a@b:1",
  ];
  for (const line of bad) {
    play.connect().sends(`${line} HTTP/1.1\r\nHost: a.example\r\n\r\n`);
    play.expectAmong("report 400 bad_target");
  }
  for (const content of ["Content-Length: 4", "Transfer-Encoding: chunked"]) {
    play.connect().sends(connect("a.example:443", content));
    const told = play.take();
    expect(told).toContain("report 400 bad_content_length");
    expect(told.join()).toContain("400 Bad Request: a CONNECT request has no content");
  }
});

test("where there is no proxy, or none for tunnels, CONNECT is not served", () => {
  for (const play of [new Playbook(), proxy({ proxy: { connect: false } })]) {
    play.connect().sends(connect("a.example:443"));
    play.expectAmong("report 405 method_refused");
  }
});

test("a tunnel in which nothing is said ends by a reset, and says why", () => {
  const { play, client, server } = tunnel({ downstream: { tunnelMs: 1_000 } });
  play.pass(1_200);
  play.expect(server.is("reset"), "report 200 tunnel_idle", client.is("reset"));
  expect([routeCell.status2xx, routeCell.aborted].map((cell) => play.totals.route(0, cell))).toEqual([1, 0]);
  play.expectNothingLeft();
});

test("a tunnel ends after its time, however busy", () => {
  const { play, client, server } = tunnel({ targets: { tunnelMs: 3_000 } });
  for (let second = 0; second < 3; second++) {
    play.pass(900);
    client.sends("a");
  }
  play.take();
  play.pass(600);
  play.expect(server.is("reset"), "report 200 tunnel_expired", client.is("reset"));
});

test("a tunnel ends before a byte more than it may carry", () => {
  const { play, client, server } = tunnel({ targets: { tunnelBytesMax: 6 } });
  client.sends("abc");
  server.sends("abc");
  play.expect(server.gets("abc"), client.gets("abc"));
  client.sends("d");
  play.expect(server.is("reset"), "report 200 tunnel_exhausted", client.is("reset"));
  play.expectNothingLeft();
});

test("only so many tunnels are open at once", () => {
  const { play, client, server } = tunnel({ targets: { tunnelsMax: 1 } });
  const other = play.connect();
  other.sends(connect("a.example:443"));
  play.expectAmong("report 503 tunnels_full");
  client.closes();
  play.expect(server.is("reset"), "report 200 client_closed");
  other.sends(connect("a.example:443"));
  play.expect("dial a.example:443");
});

test("of those that were asked for together no more are opened than may be", () => {
  const play = proxy({ targets: { tunnelsMax: 1 } });
  const one = play.connect();
  const other = play.connect();
  one.sends(connect("a.example:443"));
  other.sends(connect("a.example:443"));
  play.expect("dial a.example:443", "dial a.example:443");
  play.accept();
  play.expect(one.gets(established));
  const late = play.accept();
  play.expectAmong(late.is("reset"), "report 503 tunnels_full");
  expect(play.totals.listener(0, listenerCell.tunnels)).toBe(1);
  expect(play.totals.listener(0, listenerCell.tunnelsOpened)).toBe(1);
});

test("a side that takes nothing stops the other's reading", () => {
  const { play, client, server } = tunnel();
  client.isFull = true;
  server.sends("much");
  play.expect(client.gets("much"), server.is("paused"));
  client.drains();
  play.expect(server.is("resumed"));
});

test("a tunnel outlives a reload and a drain, and is cut with the rest", () => {
  const { play, client, server } = tunnel();
  play.reload(proxyPlan({ targets: { deny: [{ kind: "name", match: "a.example" }] } }));
  play.drain();
  client.sends("on");
  play.expect(server.gets("on"));
  play.cut();
  play.expect(server.is("reset"), "report 200 draining", client.is("reset"));
  play.expectNothingLeft();
  expect(play.totals.listener(0, listenerCell.tunnels)).toBe(0);
  const counted = ["status2xx", "aborted", "dropped", "cut", "failed"] as const;
  expect(counted.map((cell) => play.totals.route(0, routeCell[cell]))).toEqual([0, 1, 0, 1, 1]);
});
