// Members of an egress pool that are somebody else: gateways, which are told the target in fields, and proxies.

import { expect, test } from "bun:test";
import { faultWith } from "../../src/base/fault.ts";
import { memberWord } from "../../src/memory/egress.ts";
import { egressCell } from "../../src/memory/tally.ts";
import { Playbook } from "../playbook.ts";
import { type EgressOptions, egressPlan, egressProxy, told } from "./egresses.ts";
import { connect, established } from "./proxies.ts";
import { ok } from "./words.ts";

function proxy(members: readonly string[], options: Partial<EgressOptions> = {}): Playbook {
  const play = new Playbook(egressProxy({ egress: egressPlan(members, { isTold: true }), ...options }));
  play.names.set("a.example", ["8.8.8.8"]);
  play.names.set("proxy.example", ["203.0.113.9"]);
  return play;
}

const gateway = "gateway 192.0.2.11 19001";
const asked = (url: string, host: string, ...fields: string[]): string =>
  `GET ${url} HTTP/1.1\r\nHost: ${host}\r\n${fields.map((each) => `${each}\r\n`).join("")}\r\n`;

const failuresOf = (play: Playbook, id: string): number => {
  const board = play.memory.board("out");
  return board.words[board.memberOf(id) + memberWord.transportFailed]!;
};

test("a gateway is asked in ipmanager's form, and its connections serve all targets", () => {
  const play = proxy([gateway], { proxy: { fields: true } });
  play.names.set("b.example", ["8.8.4.4"]);
  const client = play.connect();
  client.sends(asked("http://a.example/x", "a.example", "X-Egress-Key: k1"));
  expect(play.dialed.address).toEqual({ kind: "tcp", host: "127.0.0.1", port: 19_001 });
  const server = play.accept();
  play.expect(
    "dial 127.0.0.1:19001",
    server.gets(
      "GET /x HTTP/1.1\r\nHost: 127.0.0.1:19001\r\nX-Egress-Scheme: http\r\nX-Egress-Host: a.example\r\nX-Egress-Key: k1\r\n\r\n",
    ),
  );
  server.sends(ok("hello"));
  play.expect(client.gets(ok("hello", "X-Egress-IP: 192.0.2.11")), "report 200");
  client.sends(asked("/y", "proxy", "X-Egress-Host: B.example:8443", "X-Egress-Scheme: https"));
  play.expect(
    server.gets(
      "GET /y HTTP/1.1\r\nHost: 127.0.0.1:19001\r\nX-Egress-Scheme: https\r\nX-Egress-Host: b.example:8443\r\n\r\n",
    ),
  );
});

test("a gateway's target is judged here, for it looks names up in this very network", () => {
  const play = proxy([gateway]);
  play.names.set("inside.example", ["10.0.0.1"]);
  for (const host of ["inside.example", "127.0.0.1", "[::1]"]) {
    play.connect().sends(asked(`http://${host}/`, host));
    const denied = play.take();
    expect(denied).toContain("report 403 target_denied");
    // It was chosen, and carried nothing.
    expect(denied.join()).not.toContain("X-Egress-IP");
  }
  play.names.set("nowhere.example", []);
  play.connect().sends(asked("http://nowhere.example/", "nowhere.example"));
  const unresolved = play.take();
  expect(unresolved).toContain("report 502 name_unresolved");
  expect(unresolved.join()).not.toContain("X-Egress-IP");
  // One that was asked, and did not get through, is told.
  play.connect().sends(asked("http://a.example/", "a.example"));
  play.refuse();
  expect(play.take().join()).toMatch(/502 Bad Gateway.*X-Egress-IP: 192\.0\.2\.11/);
});

test("a gateway that refuses is at fault itself; it carries no tunnels", () => {
  const play = proxy([gateway]);
  play.connect().sends(asked("http://a.example/", "a.example"));
  play.refuse();
  play.expectAmong("report 502 connect_refused");
  expect(play.totals.egress(0, egressCell.memberFaults)).toBe(1);
  play.connect().sends(connect("a.example:443"));
  expect(play.take().join()).toMatch(/no outbound address of the pool carries tunnels.*report 502 egress_unfit/s);
});

const http = "http://anna:secret@203.0.113.9:3128";
const shown = `Basic ${btoa("anna:secret")}`;

test("an HTTP proxy is asked for plain targets by their whole URL, with our credentials, not the client's", () => {
  const play = proxy([http]);
  const client = play.connect();
  client.sends(asked("http://a.example:81/x?y", "a.example:81", "Proxy-Authorization: Basic Zm9v", "Accept: a"));
  expect(play.dialed.address).toEqual({ kind: "tcp", host: "203.0.113.9", port: 3128 });
  const server = play.accept();
  play.expect(
    "dial 203.0.113.9:3128",
    server.gets(
      `GET http://a.example:81/x?y HTTP/1.1\r\nAccept: a\r\nHost: a.example:81\r\nProxy-Authorization: ${shown}\r\n\r\n`,
    ),
  );
  server.sends(ok("hello"));
  play.expect(client.gets(ok("hello", "X-Egress-IP: 203.0.113.9:3128")), "report 200");
  client.sends("OPTIONS http://a.example HTTP/1.1\r\nHost: a.example\r\n\r\n");
  play.expect(
    server.gets(`OPTIONS http://a.example HTTP/1.1\r\nHost: a.example\r\nProxy-Authorization: ${shown}\r\n\r\n`),
  );
});

test("names are the proxy's to look up, but what is written as a private address, or is this machine's name, is denied", () => {
  const play = proxy([http]);
  play.connect().sends(asked("http://unknown.example/", "unknown.example"));
  play.expect("dial 203.0.113.9:3128");
  for (const host of ["10.0.0.1", "localhost", "x.localhost"]) {
    play.connect().sends(asked(`http://${host}/`, host));
    play.expectAmong("report 403 target_denied");
  }
});

test("a name that only its address allows is looked up here, whoever asks for it", () => {
  const play = proxy([http], { targets: { allow: [{ kind: "block", match: "8.8.0.0/16" }] } });
  play.names.set("other.example", ["9.9.9.9"]);
  play.connect().sends(asked("http://a.example/", "a.example"));
  play.expect("dial 203.0.113.9:3128");
  play.connect().sends(asked("http://other.example/", "other.example"));
  play.expectAmong("report 403 target_denied");
});

test("https and tunnels go through a tunnel of the proxy's", () => {
  const play = proxy([http], { proxy: { fields: true } });
  play.connect().sends(asked("https://a.example/x", "a.example"));
  const hop = { protocol: "http", host: "a.example", port: 443, user: "anna", password: "secret" };
  expect(play.dialed).toMatchObject({
    address: { host: "203.0.113.9", port: 3128 },
    hop,
    tls: { serverName: "a.example" },
  });
  const server = play.accept();
  play.expect("dial a.example:443", server.gets("GET /x HTTP/1.1\r\nHost: a.example\r\n\r\n"));
  const client = play.connect();
  client.sends(connect("a.example:8443"));
  expect(play.dialed).toMatchObject({ hop: { ...hop, port: 8443 }, tls: null });
  const tunnel = play.accept();
  play.expect(
    "dial a.example:8443",
    client.gets(established.replace("\r\n\r\n", "\r\nX-Egress-IP: 203.0.113.9:3128\r\n\r\n")),
  );
  client.sends("hello");
  play.expect(tunnel.gets("hello"));
});

test("a SOCKS5 proxy is always asked for a tunnel", () => {
  const play = proxy(["socks5://203.0.113.9:1080"]);
  play.connect().sends(asked("http://a.example/x", "a.example"));
  expect(play.dialed).toMatchObject({
    hop: { protocol: "socks5", host: "a.example", port: 80, user: "", password: "" },
    tls: null,
  });
  const server = play.accept();
  play.expect("dial a.example:80", server.gets("GET /x HTTP/1.1\r\nHost: a.example\r\n\r\n"));
});

test("idle tunnels serve the same target again, and no other", () => {
  const play = proxy(["socks5://203.0.113.9:1080"]);
  const client = play.connect();
  client.sends(asked("http://a.example/x", "a.example"));
  play.accept().sends(ok("hello"));
  play.take();
  client.sends(asked("http://a.example/y", "a.example"));
  expect(play.dialing).toBe(0);
  play.connect().sends(asked("http://b.example/", "b.example"));
  expect(play.dialing).toBe(1);
});

test("a proxy of a name is looked up, and one whose name leads nowhere is left for another", () => {
  const play = proxy(["http://gone.example:1", "http://proxy.example:3128"]);
  play.connect().sends(asked("http://a.example/", "a.example"));
  play.expect("resolve gone.example");
  play.resolved();
  play.expect("dial proxy.example:3128");
  expect(play.dialed.address).toEqual({ kind: "tcp", host: "203.0.113.9", port: 3128 });
  expect([failuresOf(play, "gone.example:1"), failuresOf(play, "proxy.example:3128")]).toEqual([1, 0]);
});

test("who is to blame is told apart: the proxy, or the way behind it", () => {
  for (const [code, cell] of [
    ["hop_refused", egressCell.memberFaults],
    ["connect_refused", egressCell.memberFaults],
    ["hop_unreachable", egressCell.wayFaults],
    ["tls_refused", egressCell.wayFaults],
  ] as const) {
    const play = proxy([http]);
    play.connect().sends(asked("https://a.example/", "a.example"));
    play.refuse(faultWith(code, "x"));
    play.expectAmong(`report 502 ${code}`);
    expect([play.totals.egress(0, cell), told(play, "203.0.113.9:3128")]).toEqual([1, ["a.example 0"]]);
    play.expectNothingLeftBut(1);
  }
});

test("this machine out of descriptors is nobody's fault", () => {
  const play = proxy([http]);
  play.connect().sends(asked("http://a.example/", "a.example"));
  play.refuse(faultWith("connect_refused", "EMFILE"));
  play.expectAmong("report 502 connect_refused");
  expect(play.totals.egress(0, egressCell.cancelled)).toBe(1);
});

test("a proxy that asks who we are has refused: the client is not asked in its place", () => {
  const play = proxy([http]);
  play.connect().sends(asked("http://a.example/", "a.example"));
  play.accept().sends('HTTP/1.1 407 Who\r\nProxy-Authenticate: Basic realm="x"\r\nContent-Length: 0\r\n\r\n');
  const said = play.take().join();
  expect(said).toContain("report 502 hop_refused");
  expect(said).not.toContain("Proxy-Authenticate");
  expect(play.totals.egress(0, egressCell.memberFaults)).toBe(1);
});

test("what a proxy does not pass on because it does not know us goes by another; what may not be sent twice does not", () => {
  const refusal = "HTTP/1.1 407 Who\r\nContent-Length: 3\r\n\r\nwho";
  const play = proxy([http, http.replace("9:3128", "10:3128")]);
  const client = play.connect();
  client.sends(asked("http://a.example/", "a.example"));
  const first = play.dialed.address;
  play.accept().sends(refusal);
  expect(play.dialed.address).not.toEqual(first);
  play.accept().sends(ok("hello"));
  const said = play.take().join();
  expect(said).toContain("report 200");
  expect(said).not.toContain("407");
  expect(
    [egressCell.memberFaults, egressCell.answered, egressCell.retried].map((cell) => play.totals.egress(0, cell)),
  ).toEqual([1, 1, 1]);
  play.connect().sends("POST http://a.example/ HTTP/1.1\r\nHost: a.example\r\nContent-Length: 1\r\n\r\nx");
  play.accept().sends(refusal);
  play.expectAmong("report 502 hop_refused");
});

test("what a proxy with TLS of its own cannot do is left to another: TLS inside of TLS", () => {
  const plan = egressPlan([http, "203.0.113.10"]);
  const [first, second] = plan.members;
  const tls = { serverName: "p", verify: true, ca: null, chain: null, key: null } as const;
  const terms = { ...tls, minVersion: "1.2", maxVersion: "1.3", ciphers: "", alpn: [] } as const;
  const door = { ...first!.door, tls: terms } as typeof first extends undefined
    ? never
    : NonNullable<typeof first>["door"];
  const play = proxy([], { egress: { ...plan, members: [{ ...first!, door }, second!] } });
  play.connect().sends(asked("https://a.example/", "a.example"));
  expect(play.dialed.source).toBe("203.0.113.10");
  play.accept();
  for (let turn = 0; turn < 2; turn++) {
    play.connect().sends(connect("a.example:443"));
    if (play.dialed.source === "") expect(play.dialed.hop?.tls).toEqual(terms);
    play.accept();
  }
  for (let turn = 0; turn < 2; turn++) {
    play.connect().sends(asked("http://a.example/", "a.example"));
    if (play.dialed.source === "") expect([play.dialed.tls, play.dialed.hop]).toEqual([terms, undefined]);
    play.accept();
  }
});

test("a tunnel that its target resets at once, with nothing come through it, is a fault of the way; a later one is not", () => {
  for (const [text, afterMs, cell] of [
    ["", 0, egressCell.wayFaults],
    ["x", 0, egressCell.answered],
    ["", 1_100, egressCell.answered],
  ] as const) {
    const play = proxy(["203.0.113.10"]);
    play.connect().sends(connect("a.example:443"));
    const server = play.accept();
    if (text !== "") server.sends(text);
    play.pass(afterMs);
    server.closes(true);
    expect([text, afterMs, play.totals.egress(0, cell)]).toEqual([text, afterMs, 1]);
    play.expectNothingLeft();
  }
});

test("upgrades go by whoever carries bytes both ways", () => {
  const play = proxy([gateway, http]);
  const client = play.connect();
  client.sends(asked("http://a.example/ws", "a.example", "Connection: Upgrade", "Upgrade: websocket"));
  expect(play.dialed.hop).toMatchObject({ host: "a.example", port: 80 });
  const server = play.accept();
  server.sends(
    "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nX-Egress-IP: 6.6.6.6\r\n\r\nhello",
  );
  const told = play.take().join();
  expect(told).toContain("X-Egress-IP: 203.0.113.9:3128\\r\\n");
  expect(told).toContain("hello");
  expect(told).not.toContain("6.6.6.6");
  server.closes(false);
});

test("a pool for each kind of request, and none for what is asked directly", () => {
  const direct = [{ kind: "name", match: "b.example", port: 0 } as const];
  const play = proxy([http], { targets: { egress: { http: 0, https: null, tunnels: null }, direct } });
  play.names.set("b.example", ["8.8.4.4"]);
  const dialed = (request: string): unknown => {
    play.connect().sends(request);
    const { address } = play.dialed;
    play.accept();
    return address;
  };
  const through = { kind: "tcp", host: "203.0.113.9", port: 3128 };
  expect(dialed(asked("http://a.example/", "a.example"))).toEqual(through);
  expect(dialed(asked("https://a.example/", "a.example"))).toEqual({ kind: "tcp", host: "8.8.8.8", port: 443 });
  expect(dialed(connect("a.example:443"))).toEqual({ kind: "tcp", host: "8.8.8.8", port: 443 });
  expect(dialed(asked("http://b.example/", "b.example"))).toEqual({ kind: "tcp", host: "8.8.4.4", port: 80 });
});

test("what is asked directly is judged by its addresses as without a pool", () => {
  const direct = [{ kind: "name", match: "*.example", port: 0 } as const];
  const use = { http: 0, https: 0, tunnels: 0 };
  const play = proxy([http], { targets: { egress: use, direct } });
  play.names.set("inside.example", ["10.0.0.1"]);
  play.connect().sends(asked("http://inside.example/", "inside.example"));
  play.expectAmong("report 403 target_denied");
});
