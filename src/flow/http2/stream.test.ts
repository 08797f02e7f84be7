// Requests of an HTTP/2 client, one stream each: how their content reaches servers, what rules and users make of them, tunnels, and every way
// in which one ends before its time.

import { expect, test } from "bun:test";
import { block } from "../../../test/e2e/harness/http2/fields.ts";
import { data, Flag, headers, resetStream } from "../../../test/e2e/harness/http2/frames.ts";
import { cached, date, fresh } from "../../../test/playbook/caching.ts";
import { Caller, head } from "../../../test/playbook/http2.ts";
import type { PlanOptions } from "../../../test/playbook/plan.ts";
import { basic, proxyPlan, users } from "../../../test/playbook/proxies.ts";
import { answer, deny, rule, rules } from "../../../test/playbook/rules.ts";
import { get, ok } from "../../../test/playbook/words.ts";
import { Playbook } from "../../../test/playbook.ts";
import type { OutcomePlan } from "../../config/plan.ts";
import { listenerCell } from "../../memory/tally.ts";

function begin(options: PlanOptions = {}): { play: Playbook; caller: Caller } {
  const play = new Playbook(options);
  return { play, caller: new Caller(play) };
}

const post = { method: "POST", isOpen: true } as const;
const sized = (length: number) => ({ ...post, fields: [["content-length", String(length)]] }) as const;
const chunkedHead = "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n";
const sizedHead = (length: number): string => `POST / HTTP/1.1\r\nhost: a\r\ncontent-length: ${length}\r\n\r\n`;
const errorHead = (status: number): RegExp => new RegExp(`^HEADERS 1 ${status} `);

test("content without a length goes on in chunks, with what stands behind it", () => {
  const { caller, play } = begin();
  caller.asks(1, "/", post);
  const server = play.accept();
  caller.expect("dial one:80", server.gets(chunkedHead));
  caller.sendsData(1, "abc");
  caller.expect(server.gets("3\r\nabc\r\n"));
  caller.says(headers(1, block(["x-sum", "9"]), Flag.endHeaders | Flag.endStream));
  caller.expect(server.gets("0\r\nx-sum: 9\r\n\r\n"));
  server.sends(ok(""));
  caller.expect("HEADERS 1 200 content-length=0 END", "report 200");
  play.expectNothingLeftBut(1);
});

test("content with a length goes on as it is, and trailers have no place behind it", () => {
  const { caller, play } = begin();
  caller.asks(1, "/", sized(5));
  const server = play.accept();
  caller.sendsData(1, "ab");
  caller.sendsData(1, "cde");
  caller.says(headers(1, block(["x-sum", "9"]), Flag.endHeaders | Flag.endStream));
  caller.expect("dial one:80", server.gets(`${sizedHead(5)}abcde`));
});

test("more or less content than its length says is an error of the stream", () => {
  for (const frames of [[data(1, "abcd")], [data(1, "ab", true)], [data(1, "ab"), data(1, "cd", true)]]) {
    const { caller, play } = begin();
    caller.asks(1, "/", sized(3));
    const server = play.accept();
    caller.hears();
    caller.says(...frames);
    const said = caller.hears();
    expect(said).toContain("RST_STREAM 1 PROTOCOL_ERROR");
    expect(said).toContain("report 0 client_closed");
    expect(said).toContain(server.is("reset"));
    play.expectNothingLeftBut(1);
  }
});

test("a length and no content are refused, and both are told", () => {
  const { caller } = begin();
  caller.asks(1, "/", { method: "POST", fields: [["content-length", "3"]] });
  const said = caller.hears();
  expect(said.some((line) => errorHead(400).test(line))).toBe(true);
  expect(said).toContain("RST_STREAM 1 PROTOCOL_ERROR");
  expect(said).toContain("report 400 bad_content_length");
});

test("content that comes before its server is held, and room is made for more only when it is taken", () => {
  const { caller, play } = begin();
  caller.asks(1, "/", post);
  for (let count = 0; count < 16; count++) caller.sendsData(1, "x".repeat(16_384));
  caller.expect("dial one:80");
  const server = play.accept();
  const said = caller.hears();
  expect(said.filter((line) => line.startsWith(server.gets("").trimEnd())).length).toBeGreaterThan(0);
  expect(said).toContain("WINDOW_UPDATE 1 262144");
});

test("who sends more than the window is told so", () => {
  const { caller, play } = begin();
  caller.asks(1, "/", post);
  for (let count = 0; count < 16; count++) caller.sendsData(1, "x".repeat(16_384));
  caller.hears();
  caller.sendsData(1, "y");
  expect(caller.hears()).toContain("RST_STREAM 1 FLOW_CONTROL_ERROR");
  play.refuse();
  caller.hears();
  play.expectNothingLeftBut(1);
});

test("a slow server holds back its own stream and no other", () => {
  const { caller, play } = begin();
  caller.asks(1, "/", post);
  const slow = play.accept((server) => {
    server.isFull = true;
  });
  caller.hears();
  for (let count = 0; count < 12; count++) caller.sendsData(1, "x".repeat(16_384));
  expect(caller.hears().filter((line) => line.startsWith("WINDOW_UPDATE"))).toEqual([]);
  caller.asks(3, "/", post);
  const quick = play.accept();
  caller.hears();
  caller.sendsData(3, "abc", true);
  caller.expect(quick.gets("3\r\nabc\r\n0\r\n\r\n"));
  slow.drains();
  expect(caller.hears().filter((line) => line.startsWith("WINDOW_UPDATE 1")).length).toBe(1);
});

test("nothing is said of a stream behind its end: no window of content that was refused when it was taken", () => {
  const { caller, play } = begin({ limits: { bodyBytesMax: 100_000 } });
  caller.asks(1, "/", post);
  for (let count = 0; count < 12; count++) caller.sendsData(1, "x".repeat(16_384));
  play.accept();
  const said = caller.hears();
  expect(said.some((line) => errorHead(413).test(line))).toBe(true);
  const end = said.findIndex((line) => line.startsWith("RST_STREAM 1"));
  expect(said[end]).toBe("RST_STREAM 1 NO_ERROR");
  expect(said.slice(end).filter((line) => line.startsWith("WINDOW_UPDATE 1"))).toEqual([]);
});

test("an answer before the request is whole is given, and the rest of the request is not waited for", () => {
  const { caller, play } = begin();
  caller.asks(1, "/", post);
  const server = play.accept();
  caller.sendsData(1, "abc");
  caller.hears();
  server.sends(ok("no"));
  const said = caller.hears();
  expect(said).toContain('DATA 1 "no" END');
  expect(said.indexOf("RST_STREAM 1 NO_ERROR")).toBeGreaterThan(said.indexOf('DATA 1 "no" END'));
  // Still on its way.
  caller.sendsData(1, "def", true);
  caller.expect();
  caller.asks(3);
  play.accept();
  expect(caller.hears().join()).toContain("GET / HTTP/1.1");
});

test("a body that does not come ends in its time, for both", () => {
  const { caller, play } = begin();
  caller.asks(1, "/", post);
  play.accept();
  play.pass(31_000);
  const said = caller.hears();
  expect(said.some((line) => errorHead(408).test(line))).toBe(true);
  expect(said).toContain("RST_STREAM 1 NO_ERROR");
  expect(said).toContain("report 408 body_timeout");
  play.expectNothingLeftBut(1);
});

// ---- taken back ----

test("a stream that is taken back ends its exchange at any moment, once", () => {
  const moments: readonly [string, (caller: Caller, play: Playbook) => void][] = [
    ["before a server has accepted", () => {}],
    ["while the server thinks", (_, play) => void play.accept()],
    ["while it answers", (_, play) => play.accept().sends("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")],
    [
      "inside of its own content",
      (caller, play) => {
        play.accept();
        caller.sendsData(3, "abc");
      },
    ],
  ];
  for (const [when, prepare] of moments) {
    const { caller, play } = begin();
    caller.asks(3, "/", when.startsWith("inside") ? post : {});
    prepare(caller, play);
    caller.hears();
    caller.says(resetStream(3));
    const said = caller.hears();
    expect(
      said.filter((line) => line.startsWith("report")),
      when,
    ).toHaveLength(1);
    expect(said.join(), when).toMatch(/report \d+ client_closed/);
    expect(said.join(), when).not.toMatch(/RST_STREAM|GOAWAY/);
    while (play.dialing > 0) play.accept();
    play.expectNothingLeftBut(1);
    expect(play.totals.listener(0, listenerCell.streamsReset)).toBe(1);
  }
});

test("what others wait for as well is brought into the cache without the one who asked", () => {
  const play = new Playbook(cached());
  const caller = new Caller(play, { isKnown: false });
  caller.asks(1);
  const server = play.accept();
  const other = play.connect();
  other.sends(get("/"));
  caller.hears();
  caller.says(resetStream(1));
  caller.hears();
  server.sends(`HTTP/1.1 200 OK\r\n${date}\r\n${fresh}\r\nContent-Length: 2\r\n\r\nhi`);
  play.pass(300);

  expect(caller.hears().join()).toContain("hi");
  caller.asks(3);
  expect(caller.hears()).toContain('DATA 3 "hi" END');
  play.expectNothingLeftBut(2);
});

// ---- rules, users ----

const judged = (outcome: OutcomePlan): { play: Playbook; caller: Caller } =>
  begin({ listener: { rules: rules({ request: [rule("path == '/'", outcome)] }) } });

test("what rules answer, the stream is answered, and the connection goes on", () => {
  for (const [outcome, status] of [
    [deny(), 403],
    [{ kind: "reply", reply: answer(429), isDenial: true }, 429],
  ] as const) {
    const { caller } = judged(outcome);
    caller.asks(1);
    const said = caller.hears();
    expect(said.some((line) => errorHead(status).test(line))).toBe(true);
    expect(said.filter((line) => line.startsWith("report"))).toEqual([`report ${status} denied`]);
    caller.asks(3, "/x");
    caller.expect("dial one:80");
  }
});

test("a rule that resets a request resets its stream alone", () => {
  const { caller, play } = judged({ kind: "reset" });
  caller.asks(3, "/x");
  caller.asks(5);
  caller.expect("dial one:80", "report 0 rejected", "RST_STREAM 5 CANCEL");
  play.accept().sends(ok(""));
  expect(caller.hears()).toContain("HEADERS 3 200 content-length=0 END");
});

test("a rule that drops a request lets go of the connection without a word, and of all its streams", () => {
  const { caller, play } = judged({ kind: "drop" });
  caller.asks(1, "/x");
  play.accept();
  caller.hears();
  caller.asks(3);
  const said = caller.hears();
  expect(said).toContain(`${caller.actor.name} dropped`);
  expect(said.filter((line) => line.startsWith("report")).sort()).toEqual([
    "report 0 client_closed",
    "report 0 rejected",
  ]);
  play.expectNothingLeft();
});

test("a tarpit answers in its time, and what is said meanwhile is thrown away", () => {
  const { caller, play } = judged({ kind: "tarpit", forMs: 5_000, reply: answer(500) });
  caller.asks(1, "/", post);
  caller.sendsData(1, "x".repeat(16_384));
  play.pass(4_900);
  caller.expect();
  play.pass(200);
  const said = caller.hears();
  expect(said.some((line) => errorHead(500).test(line))).toBe(true);
  expect(said).toContain("RST_STREAM 1 NO_ERROR");
  play.expectNothingLeftBut(1);
});

test("a redirect is answered", () => {
  const { caller } = begin({ isPoolless: true, listener: { redirect: { status: 308, port: 8443 } } });
  caller.asks(1);
  expect(caller.hears().at(-1)).toMatch(/^HEADERS 1 308 .*location=https:\/\/a:8443\//);
});

test("credentials that take time to check are waited for, each stream for its own", () => {
  const { caller, play } = begin({ listener: { auth: users(["john", "$2y$10$hash"]) } });
  caller.asks(1, "/", { ...post, fields: [["authorization", basic("john:so:so")]] });
  caller.sendsData(1, "abc", true);
  caller.asks(3, "/x", { fields: [["authorization", basic("john:other")]] });
  caller.expect("verify john:so:so", "verify john:other");
  play.verified("good");
  const server = play.accept();
  expect(caller.hears().join()).toContain("3\\r\\nabc\\r\\n0\\r\\n\\r\\n");
  play.verified("bad");
  expect(caller.hears()[0]).toMatch(/^HEADERS 3 401 .*www-authenticate=Basic/);
  server.sends(ok(""));
  expect(caller.hears()).toContain("HEADERS 1 200 content-length=0 END");
});

test("a stream taken back while its credentials are checked is over", () => {
  const { caller, play } = begin({ listener: { auth: users(["john", "$2y$10$hash"]) } });
  caller.asks(1, "/", { fields: [["authorization", basic("john:so:so")]] });
  caller.says(resetStream(1));
  expect(play.checking).toEqual([]);
  caller.hears();
  play.verified("good");
  caller.expect();
  play.expectNothingLeftBut(1);
});

// ---- tunnels ----

function tunnel() {
  const play = new Playbook(proxyPlan());
  play.names.set("b.example", ["8.8.8.8"]);
  const caller = new Caller(play);
  caller.says(head(1, "b.example:443", { method: "CONNECT", isOpen: true }));
  const server = play.accept();
  caller.expect("dial b.example:443", "HEADERS 1 200");
  return { play, caller, server };
}

test("a tunnel carries bytes both ways, and the target may end first", () => {
  const { play, caller, server } = tunnel();
  caller.sendsData(1, "up");
  server.sends("down");
  caller.expect(server.gets("up"), 'DATA 1 "down"');
  server.ends();
  caller.expect("DATA 1 END");
  caller.sendsData(1, "more");
  caller.sendsData(1, "", true);
  caller.expect(server.gets("more"), server.is("destroyed"), "report 200");
  play.expectNothingLeftBut(1);
  expect(play.totals.listener(0, listenerCell.tunnels)).toBe(0);
});

test("or the client", () => {
  const { play, caller, server } = tunnel();
  caller.sendsData(1, "up", true);
  caller.expect(server.gets("up"), server.is("ended"));
  server.sends("last");
  caller.expect('DATA 1 "last"');
  server.ends();
  const said = caller.hears();
  expect(said).toContain("DATA 1 END");
  expect(said).toContain("report 200");
  expect(said.join()).not.toContain("RST_STREAM");
  play.expectNothingLeftBut(1);
});

test("what the client says before its target has accepted goes through then", () => {
  const play = new Playbook(proxyPlan());
  play.names.set("b.example", ["8.8.8.8"]);
  const caller = new Caller(play);
  caller.says(head(1, "b.example:443", { method: "CONNECT", isOpen: true }), data(1, "early"), data(1, "", true));
  caller.expect("dial b.example:443");
  const server = play.accept();
  caller.expect("HEADERS 1 200", server.gets("early"), server.is("ended"));
});

test("a tunnel that is torn is reset towards the other side", () => {
  const one = tunnel();
  one.server.closes();
  expect(one.caller.hears()).toContain("RST_STREAM 1 CONNECT_ERROR");
  one.play.expectNothingLeftBut(1);
  const other = tunnel();
  other.caller.says(resetStream(1));
  expect(other.caller.hears()).toContain(other.server.is("reset"));
  other.play.expectNothingLeftBut(1);
});

test("a client that ends its connection's half ends its tunnels' too, and hears the rest", () => {
  const { play, caller, server } = tunnel();
  caller.actor.ends();
  caller.expect(server.is("ended"));
  server.sends("last");
  server.ends();
  const said = caller.hears();
  expect(said).toEqual([
    'DATA 1 "last"',
    server.is("destroyed"),
    "report 200",
    "DATA 1 END",
    caller.actor.is("destroyed"),
  ]);
  play.expectNothingLeft();
});

test("a target that cannot be reached is an answer", () => {
  const play = new Playbook(proxyPlan());
  play.names.set("b.example", ["8.8.8.8"]);
  const caller = new Caller(play);
  caller.says(head(1, "b.example:443", { method: "CONNECT", isOpen: true }));
  while (play.dialing > 0) play.refuse();
  const said = caller.hears();
  expect(said.some((line) => errorHead(502).test(line))).toBe(true);
  expect(said).toContain("RST_STREAM 1 NO_ERROR");
});

test("a slow target has the tunnel's client wait", () => {
  const { caller, server } = tunnel();
  server.isFull = true;
  caller.sendsData(1, "x".repeat(16_384));
  for (let count = 0; count < 10; count++) caller.sendsData(1, "x".repeat(16_384));
  expect(caller.hears().filter((line) => line.startsWith("WINDOW_UPDATE"))).toEqual([]);
  server.drains();
  expect(caller.hears().filter((line) => line.startsWith("WINDOW_UPDATE 1"))).toHaveLength(1);
});
