// How it is found out that a client speaks HTTP/2: by what has been agreed on over TLS, or by what it says first.

import { expect, test } from "bun:test";
import { preface, settings } from "../../../test/e2e/harness/http2/frames.ts";
import { makeClient, makeClientTls } from "../../../test/playbook/client.ts";
import { Caller, head } from "../../../test/playbook/http2.ts";
import { get, ok } from "../../../test/playbook/words.ts";
import { Playbook } from "../../../test/playbook.ts";
import { listenerCell } from "../../memory/tally.ts";

const begun = Buffer.concat([preface, settings(), head(1, "/")]).toString("latin1");
const asked = "server 2 (one:80) gets GET / HTTP/1.1\\r\\nhost: a\\r\\n\\r\\n";

test("who knows is understood, wherever what it says first is cut", () => {
  for (let at = 1; at < begun.length; at++) {
    const play = new Playbook();
    const client = play.connect();
    client.sends(begun.slice(0, at));
    client.sends(begun.slice(at));
    play.accept();
    expect(play.take().at(-1)).toBe(asked);
    expect(play.totals.listener(0, listenerCell.http2Connections)).toBe(1);
    expect(play.totals.listener(0, listenerCell.connections)).toBe(1);
  }
});

test("byte by byte as well", () => {
  const play = new Playbook();
  const client = play.connect();
  for (const byte of begun) client.sends(byte);
  play.accept();
  expect(play.take().at(-1)).toBe(asked);
});

test("what begins like it and goes on otherwise is a bad request", () => {
  for (const text of [
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\rX",
    "PRI * HTTP/2.0\r\nHost: a\r\n\r\n",
    "PRI / HTTP/2.0\r\n\r\n",
  ]) {
    const play = new Playbook();
    const client = play.connect();
    client.sends(text);
    expect(play.take().join()).toMatch(/HTTP\/1\.1 (?:400|505) /);
    expect(play.totals.listener(0, listenerCell.http2Connections)).toBe(0);
  }
});

test("a method that begins like it is one", () => {
  const play = new Playbook();
  const client = play.connect();
  client.sends("PRI");
  client.sends("NT / HTTP/1.1\r\nHost: a\r\n\r\n");
  play.expect("dial one:80");
});

test("behind a request it is none", () => {
  const play = new Playbook();
  const client = play.connect();
  client.sends(get("/"));
  play.accept().sends(ok(""));
  play.take();
  client.sends(preface.toString("latin1"));
  expect(play.take().join()).toContain("HTTP/1.1 505 ");
});

test("a listener that does not speak it refuses it", () => {
  const play = new Playbook({ listener: { http2: false } });
  play.connect().sends(begun);
  expect(play.take().join()).toContain("HTTP/1.1 505 ");
});

test("who stops in the middle of it is told, as of any head", () => {
  const play = new Playbook();
  const client = play.connect();
  client.sends(begun.slice(0, 20));
  play.pass(10_100);
  expect(play.take().join()).toContain("HTTP/1.1 408 ");
});

test("what was agreed on by ALPN is spoken at once, by us too", () => {
  const play = new Playbook();
  const caller = new Caller(play);
  caller.asks(1);
  caller.expect("dial one:80");
  const other = play.connect(makeClient("192.0.2.2", { tls: makeClientTls({ alpn: "http/1.1" }) }));
  play.take();
  other.sends(get("/"));
  play.expect("dial one:80");
  expect(play.totals.listener(0, listenerCell.http2Connections)).toBe(1);
});
