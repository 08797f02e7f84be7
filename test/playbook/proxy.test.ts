import { expect, test } from "bun:test";
import { listenerCell } from "../../src/memory/tally.ts";
import { Playbook } from "../playbook.ts";
import { cached, date, poolCachePlan } from "./caching.ts";
import { type ProxyOptions, proxyPlan, targets } from "./proxies.ts";
import { ok, reply } from "./words.ts";

const via = "Via: 1.1 here (0a1b2c3d)\r\n";

function proxy(options: ProxyOptions = {}): Playbook {
  const play = new Playbook(proxyPlan({ forwarding: { via: "here" }, ...options }));
  play.names.set("a.example", ["8.8.8.8"]);
  return play;
}

const ask = (target: string, ...fields: string[]): string =>
  `GET ${target} HTTP/1.1\r\nHost: a.example\r\n${fields.map((each) => `${each}\r\n`).join("")}\r\n`;

test("a request with a whole URL goes to the host that it names, as a request for a path", () => {
  const play = proxy();
  const client = play.connect();
  client.sends(ask("http://a.example/b?c", "Proxy-Connection: keep-alive", "Proxy-Authorization: Basic eA=="));
  play.expect("dial a.example:80");
  const server = play.accept();
  play.expect(server.gets(`GET /b?c HTTP/1.1\r\nHost: a.example\r\n${via}\r\n`));
  server.sends(ok("yes"));
  play.expectAmong("report 200");
  // The connection to the target serves the next request for it.
  client.sends(ask("http://a.example/d"));
  play.expect(server.gets(`GET /d HTTP/1.1\r\nHost: a.example\r\n${via}\r\n`));
});

test("the target wins over a Host that differs", () => {
  const play = proxy();
  play.connect().sends("GET http://a.example/ HTTP/1.1\r\nHost: other\r\nX: y\r\n\r\n");
  play.expect("dial a.example:80");
  const server = play.accept();
  play.expect(server.gets(`GET / HTTP/1.1\r\nX: y\r\nHost: a.example\r\n${via}\r\n`));
});

test("a name is looked up, and the address that was judged is the one that is dialed", () => {
  const play = new Playbook(proxyPlan());
  const dialed: string[] = [];
  const { dial } = play;
  play.dial = (server, ...others) => {
    if (server.address.kind === "tcp") dialed.push(`${server.address.host} ${server.address.port}`);
    dial.call(play, server, ...others);
  };
  play.connect().sends("GET http://b.example:8080/ HTTP/1.1\r\nHost: b.example:8080\r\n\r\n");
  play.expect("resolve b.example");
  play.resolved("10.0.0.1", "1.2.3.4", "2001:4860::1");
  play.expect("dial b.example:8080");
  expect(dialed).toEqual(["1.2.3.4 8080"]);
  play.refuse();
  play.expect("dial b.example:8080");
  expect(dialed[1]).toBe("2001:4860::1 8080");
  play.refuse();
  play.expectAmong("report 502 connect_refused");
});

test("a name without an address is 502, one that is not found in time 504", () => {
  const play = new Playbook(proxyPlan({ targets: { resolveMs: 1_000 } }));
  const client = play.connect();
  client.sends(ask("http://a.example/"));
  play.take();
  play.resolved();
  play.expect(
    client.gets(reply(502, "Bad Gateway", "no address was found for the name of the target")),
    "report 502 name_unresolved",
  );
  client.sends(ask("http://a.example/"));
  play.take();
  play.pass(1_200);
  play.expectAmong("report 504 resolve_timeout");
  // An answer that comes too late is nobody's.
  play.resolved("1.2.3.4");
  play.expect();
  // The system may give up first: that is the same.
  client.sends(ask("http://b.example/"));
  play.take();
  play.unanswered();
  play.expectAmong("report 504 resolve_timeout");
  play.expectNothingLeftBut(1);
});

test("a client that leaves while its name is looked up is let go", () => {
  const play = new Playbook(proxyPlan());
  const client = play.connect();
  client.sends(ask("http://a.example/"));
  play.take();
  client.closes();
  play.expect("report 0 client_closed");
  play.resolved("1.2.3.4");
  play.expect();
  play.expectNothingLeft();
});

test("what is no public address is denied, however it is written, and the connection goes on", () => {
  const play = proxy();
  play.names.set("localhost", ["127.0.0.1"]);
  play.names.set("inside.example", ["192.168.1.1", "::1"]);
  const client = play.connect();
  const denied = reply(403, "Forbidden", "the target is not one that may be asked for here");
  const places = [
    "169.254.169.254",
    "[::ffff:127.0.0.1]",
    "0x7f.1",
    "2130706433",
    "localhost",
    "localhost.",
    "inside.example",
  ];
  for (const place of places) {
    client.sends(`GET http://${place}/ HTTP/1.1\r\nHost: ${place}\r\n\r\n`);
    play.expect(client.gets(denied), "report 403 target_denied");
  }
  expect(play.totals.listener(0, listenerCell.targetsDenied)).toBe(places.length);
});

test("ports and names that are not allowed are denied before anything is looked up", () => {
  const play = new Playbook(
    proxyPlan({
      targets: {
        allow: [{ kind: "name", match: "*.example" }],
        deny: [{ kind: "name", match: "b.example" }],
        ports: [{ from: 80, to: 80 }],
      },
    }),
  );
  const client = play.connect();
  for (const place of ["a.test", "b.example", "a.example:81", "1.2.3.4"]) {
    client.sends(`GET http://${place}/ HTTP/1.1\r\nHost: ${place}\r\n\r\n`);
    play.expectAmong("report 403 target_denied");
  }
});

test("a request that names no target is refused, or goes to the pool that the listener has besides", () => {
  const play = proxy();
  const client = play.connect();
  client.sends("GET / HTTP/1.1\r\nHost: a.example\r\n\r\n");
  play.expectAmong("report 400 no_target");
  const both = proxy({ use: "web" });
  both.connect().sends("GET / HTTP/1.1\r\nHost: a.example\r\n\r\n");
  both.expect("dial web:80");
  both.connect().sends(ask("http://a.example/"));
  both.expect("dial a.example:80");
});

test("a request that bears our mark has been here before", () => {
  const play = proxy();
  play.connect().sends(ask("http://a.example/", "Via: 1.0 first, 1.1 here (0a1b2c3d)"));
  play.expectAmong("report 508 loop_detected");
  // Another instance of the same name is no loop.
  play.connect().sends(ask("http://a.example/", "Via: 1.1 here (ffffffff)"));
  play.expect("dial a.example:80");
});

test("a proxy for tunnels only serves no requests", () => {
  const play = proxy({ proxy: { http: false } });
  play.connect().sends(ask("http://a.example/"));
  play.expectAmong("report 403 target_denied");
});

test("where there are tunnels and a pool, a request that names its host is for the pool, as for any server", () => {
  const play = proxy({ proxy: { http: false }, use: "shop" });
  play.connect().sends(ask("http://a.example/"));
  play.expect("dial shop:80");
});

test("a target that is no host is malformed", () => {
  const play = proxy();
  for (const place of ["a..example", "1.2.3.4.5", "256.1.1.1", "a%2eb", "a!b"]) {
    play.connect().sends(`GET http://${place}/ HTTP/1.1\r\nHost: ${place}\r\n\r\n`);
    play.expectAmong("report 400 bad_target");
  }
});

test("idle connections to targets end when the plan allows other targets", () => {
  const play = proxy();
  const client = play.connect();
  client.sends(ask("http://a.example/"));
  const server = play.accept();
  server.sends(ok("yes"));
  play.take();
  play.reload(proxyPlan());
  play.expect();
  play.reload(proxyPlan({ targets: { deny: [{ kind: "name", match: "a.example" }] } }));
  play.expect(server.is("destroyed"));
});

test("https goes on over TLS that is verified", () => {
  const play = proxy();
  let name = "";
  const { dial } = play;
  play.dial = (server, ...others) => {
    name = server.tls?.verify === true ? server.tls.serverName : "";
    dial.call(play, server, ...others);
  };
  play.connect().sends(ask("https://a.example/"));
  play.expect("dial a.example:443");
  expect(name).toBe("a.example");
});

test("what is cached for a proxy is asked for anew where it came from, and only if its target may be asked for", () => {
  const policy = { staleWhileRevalidateMs: 60_000, isTold: false };
  const play = proxy({
    ...cached(policy),
    own: { app: { targets: targets(), cache: { ...poolCachePlan, ...policy } } },
  });
  const client = play.connect();
  // With a Host that differs: the target wins.
  const asked = "GET http://a.example/b HTTP/1.1\r\nHost: other\r\n\r\n";
  client.sends(asked);
  const server = play.accept();
  server.sends(ok("page", date, "Cache-Control: max-age=10", 'ETag: "1"'));
  play.take();
  client.sends(asked);
  play.expectAmong("report 200");
  play.pass(20_000);
  play.take();
  client.sends(asked);
  const question = `GET /b HTTP/1.1\r\nIf-None-Match: "1"\r\nHost: a.example\r\n${via}\r\n`;
  play.expectAmong(server.gets(question), "report 200");
  client.sends("GET http://127.0.0.1/b HTTP/1.1\r\nHost: a.example\r\n\r\n");
  play.expectAmong("report 403 target_denied");
});
