import { expect, test } from "bun:test";
import { connect, proxyPlan } from "../../../test/playbook/proxies.ts";
import { field, rewrite, rule, rules } from "../../../test/playbook/rules.ts";
import { Playbook } from "../../../test/playbook.ts";
import { networkOf } from "./lookup.ts";

function ruled(...effects: Parameters<typeof rule>[2][]): Playbook {
  const play = new Playbook(
    proxyPlan({ listener: { rules: rules({ request: effects.map((each) => rule(null, null, each)) }) } }),
  );
  play.names.set("a.example", ["8.8.8.8"]);
  play.names.set("b.example", ["8.8.4.4"]);
  return play;
}

const ask = "GET http://a.example/x HTTP/1.1\r\nHost: a.example\r\n\r\n";

test("a rule that sets Host sends the request to that host", () => {
  const play = ruled({ does: [field("set", "Host", "b.example:8080")] });
  play.connect().sends(ask);
  const server = play.accept();
  play.expect("dial b.example:8080", server.gets("GET /x HTTP/1.1\r\nHost: b.example:8080\r\n\r\n"));
});

test("a rule that sets Host to what may not be asked for gains nothing", () => {
  const play = ruled({ does: [field("set", "Host", "127.0.0.1")] });
  play.connect().sends(ask);
  play.expectAmong("report 403 target_denied");
});

test("what can never be allowed is refused before anybody is asked where it is", () => {
  const block = { kind: "block" as const, match: "10.0.0.0/8" };
  const named = { kind: "name" as const, match: "c.example" };
  const request = "GET http://x.example/ HTTP/1.1\r\nHost: x.example\r\n\r\n";
  for (const targets of [
    { allow: [named, block] },
    { allow: [block], deny: [block], isPrivateAllowed: true },
    { deny: [{ kind: "name" as const, match: "x.example" }] },
    { ports: [{ from: 8080, to: 8080 }] },
  ]) {
    const play = new Playbook(proxyPlan({ targets }));
    play.connect().sends(request);
    const said = play.take();
    expect([said.includes("report 403 target_denied"), said.filter((line) => line.startsWith("resolve"))]).toEqual([
      true,
      [],
    ]);
  }
  const play = new Playbook(proxyPlan({ targets: { allow: [named, block], isPrivateAllowed: true } }));
  play.connect().sends(request);
  play.expectAmong("resolve x.example");
});

test("one client is one network of IPv6, or one address of IPv4", () => {
  expect(networkOf("2001:db8:1:2:3:4:5:6")).toBe(networkOf("2001:db8:1:2::1"));
  expect(networkOf("2001:db8:1:2::1")).not.toBe(networkOf("2001:db8:1:3::1"));
  expect([networkOf("192.0.2.1"), networkOf("unix")]).toEqual(["192.0.2.1", "unix"]);
});

test("a rule that sets the path leaves the target", () => {
  const play = ruled({ does: [rewrite("path", "/y")] });
  play.connect().sends(ask);
  const server = play.accept();
  play.expect("dial a.example:80", server.gets("GET /y HTTP/1.1\r\nHost: a.example\r\n\r\n"));
});

test("rules see host and port of a tunnel, and no path", () => {
  const play = new Playbook(
    proxyPlan({
      listener: {
        rules: rules({
          request: [
            rule("method == 'CONNECT' && host == 'a.example' && port == 443 && !(path == '/')", {
              kind: "reply",
              reply: { status: 418, reason: "", fields: [], body: null, isTemplate: false, retryAfterS: 0 },
              isDenial: false,
            }),
          ],
        }),
      },
    }),
  );
  play.connect().sends(connect("A.example:443"));
  play.expectAmong("report 418");
  expect(play.dialing).toBe(0);
});

test("WebSockets pass through a forward proxy as they do elsewhere", () => {
  const play = ruled();
  const client = play.connect();
  const fields = "Connection: Upgrade\r\nUpgrade: websocket\r\n";
  client.sends(`GET http://a.example/chat HTTP/1.1\r\nHost: a.example\r\n${fields}\r\n`);
  const server = play.accept();
  play.take();
  server.sends(`HTTP/1.1 101 Switching Protocols\r\n${fields}\r\n`);
  client.sends("ping");
  play.expectAmong(server.gets("ping"));
});
