import { expect, test } from "bun:test";
import { listenerCell } from "../../src/memory/tally.ts";
import { Playbook } from "../playbook.ts";
import { type ProxyOptions, proxyPlan, socks, users } from "./proxies.ts";
import { deny, rule, rules } from "./rules.ts";
import { get } from "./words.ts";

function proxy(options: ProxyOptions = {}): Playbook {
  const play = new Playbook(proxyPlan({ proxy: { socks: true }, ...options }));
  play.names.set("a.example", ["8.8.8.8"]);
  return play;
}

const open = "\x05\x00";
const john = users(["john", "{PLAIN}secret"]);

test("a tunnel to a name, with the bytes that came ahead of it", () => {
  const play = proxy();
  const client = play.connect();
  client.sends(socks.greeting(0));
  play.expect(client.gets(open));
  client.sends(`${socks.name("a.example", 443)}ahead`);
  play.expect("dial a.example:443");
  const server = play.accept();
  play.expect(client.gets(socks.reply(0)), server.gets("ahead"));
  expect(play.totals.listener(0, listenerCell.tunnels)).toBe(1);
  server.sends("back");
  play.expect(client.gets("back"));
  client.ends();
  server.ends();
  play.expect(server.is("ended"), server.is("destroyed"), "report 200", client.is("destroyed"));
  play.expectNothingLeft();
  expect(play.totals.listener(0, listenerCell.connections)).toBe(0);
});

test("all at once, and byte by byte", () => {
  const text = `${socks.greeting(2, 0)}${socks.ipv4("8.8.4.4", 80)}hi`;
  for (const size of [text.length, 1]) {
    const play = proxy();
    const client = play.connect();
    for (let at = 0; at < text.length; at += size) client.sends(text.slice(at, at + size));
    play.expect(client.gets(open), "dial 8.8.4.4:80");
    const server = play.accept();
    play.expect(client.gets(socks.reply(0)), server.gets("hi"));
  }
});

test("the same port speaks HTTP to who speaks HTTP", () => {
  const play = proxy();
  const client = play.connect();
  client.sends("GET http://a.example/ HTTP/1.1\r\nHost: a.example\r\n\r\n");
  play.expect("dial a.example:80");
  // Later bytes are never taken for another protocol.
  const other = play.connect();
  other.sends(get("/"));
  other.sends("\x05\x01\x00");
  play.expectAmong("report 400 no_target");
});

test("without socks, five begins nothing", () => {
  const play = new Playbook(proxyPlan());
  const client = play.connect();
  client.sends(`${socks.greeting(0)}\r\n`);
  play.expectAmong("report 400 bad_start_line");
});

test("user and password, good and bad", () => {
  const play = proxy({ auth: john });
  const client = play.connect();
  client.sends(socks.greeting(0, 2));
  play.expect(client.gets("\x05\x02"));
  client.sends(socks.credentials("john", "secret"));
  play.expect(client.gets("\x01\x00"));
  client.sends(socks.name("a.example", 443));
  play.expect("dial a.example:443");
  const other = play.connect();
  other.sends(`${socks.greeting(2)}${socks.credentials("john", "wrong")}${socks.name("a.example", 443)}`);
  play.expect(other.gets("\x05\x02\x01\x01"), other.is("ended"));
  other.ends();
  play.expect(other.is("destroyed"));
  expect(play.totals.listener(0, listenerCell.authFailures)).toBe(1);
});

test("a hash is waited for, and who leaves meanwhile is let go", () => {
  const play = proxy({ auth: users(["john", "$2y$10$hash"]) });
  const client = play.connect();
  client.sends(`${socks.greeting(2)}${socks.credentials("john", "secret")}`);
  play.expect(client.gets("\x05\x02"), "verify john:secret");
  client.sends(socks.name("a.example", 443));
  play.expect();
  play.verified("good");
  play.expect(client.gets("\x01\x00"), "dial a.example:443");
  const other = play.connect();
  other.sends(`${socks.greeting(2)}${socks.credentials("john", "secret")}`);
  play.take();
  other.closes();
  play.verified("good");
  play.expect();
  client.closes();
  play.expect("report 0 client_closed");
  play.expectNothingLeft();
});

test("who offers no method that is wanted is told so", () => {
  for (const play of [proxy({ auth: john }), proxy()]) {
    const client = play.connect();
    client.sends(socks.greeting(play.context.site.listeners[0]!.plan.auth === null ? 2 : 0));
    play.expect(client.gets("\x05\xff"), client.is("ended"));
    play.pass(2_500);
    play.expect(client.is("destroyed"));
    play.expectNothingLeft();
  }
});

test("what becomes of a request is told by its reply", () => {
  const after = (play: Playbook, request: string, act: () => void = () => {}): string => {
    const client = play.connect();
    client.sends(`${socks.greeting(0)}${request}`);
    act();
    const mark = `${client.name} gets `;
    const got = play.take().filter((line) => line.startsWith(mark));
    return JSON.parse(`"${got.map((line) => line.slice(mark.length)).join("")}"`);
  };
  const play = proxy();
  play.names.set("none.example", []);
  expect(after(play, socks.ipv4("127.0.0.1", 80))).toBe(open + socks.reply(2));
  expect(after(play, socks.name("none.example", 80))).toBe(open + socks.reply(4));
  expect(after(play, socks.name("a.example", 80), () => play.refuse())).toBe(open + socks.reply(5));
  expect(after(play, socks.name("a.example", 80), () => play.pass(5_200))).toBe(open + socks.reply(4));
  expect(after(play, socks.name("a.example", 80).replace("\x05\x01", "\x05\x02"))).toBe(open + socks.reply(7));
  expect(after(play, socks.name("a.example", 80).replace("\x00\x03", "\x00\x09"))).toBe(open + socks.reply(8));
  expect(after(play, socks.name("a/b", 80))).toBe(open + socks.reply(4));
});

test("rules see the tunnel as the CONNECT that it would be in HTTP, and whose it is", () => {
  const play = proxy({
    auth: users(["john", "{PLAIN}secret"], ["jack", "{PLAIN}secret"]),
    listener: {
      rules: rules({
        request: [rule("method == 'CONNECT' && host == 'a.example' && port == 443 && user == 'jack'", deny())],
      }),
      auth: users(["john", "{PLAIN}secret"], ["jack", "{PLAIN}secret"]),
    },
  });
  const jack = play.connect();
  jack.sends(`${socks.greeting(2)}${socks.credentials("jack", "secret")}${socks.name("a.example", 443)}`);
  play.expect(jack.gets(`\x05\x02\x01\x00${socks.reply(2)}`), "report 403 denied", jack.is("ended"));
  play.connect().sends(`${socks.greeting(2)}${socks.credentials("john", "secret")}${socks.name("a.example", 443)}`);
  play.expectAmong("dial a.example:443");
});

test("a handshake that is malformed or too slow ends", () => {
  const play = proxy({ downstream: { handshakeMs: 1_000 } });
  const bad = play.connect();
  bad.sends("\x05\x00");
  play.expect(bad.is("ended"));
  expect(play.totals.listener(0, listenerCell.badRequests)).toBe(1);
  bad.closes(false);
  const slow = play.connect();
  slow.sends("\x05\x01");
  play.pass(1_200);
  play.expect(slow.is("destroyed"));
  expect(play.totals.listener(0, listenerCell.refusedPreamble)).toBe(1);
  play.expectNothingLeft();
});

test("a drain ends handshakes and leaves tunnels, a cut ends those", () => {
  const play = proxy();
  const client = play.connect();
  client.sends(`${socks.greeting(0)}${socks.name("a.example", 443)}`);
  const server = play.accept();
  const other = play.connect();
  other.sends(socks.greeting(0));
  play.take();
  play.drain();
  play.expect(other.is("destroyed"));
  play.cut();
  play.expect(server.is("reset"), "report 200 draining", client.is("reset"));
  play.expectNothingLeft();
});
