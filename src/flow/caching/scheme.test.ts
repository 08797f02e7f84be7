// What stands between the answers to http and those to https, as conversations.

import { expect, test } from "bun:test";
import type { Actor } from "../../../test/playbook/actor.ts";
import { cached, date } from "../../../test/playbook/caching.ts";
import { makeClient, makeClientTls } from "../../../test/playbook/client.ts";
import { get, ok } from "../../../test/playbook/words.ts";
import { Playbook } from "../../../test/playbook.ts";

const fresh = "Cache-Control: max-age=60";
const trusting = cached({ isTold: false }, { forwarding: { trusted: ["10.0.0.1"] } });

/** Whether the request is answered by the cache; otherwise its server says `body`. */
function isHit(play: Playbook, client: Actor, request: string, body: string): boolean {
  client.sends(request);
  if (play.take().includes("report 200")) return true;
  play.accept().sends(ok(body, date, fresh, "Connection: close"));
  play.take();
  return false;
}

test("a whole URL in a request line does not say what others get over TLS", () => {
  const play = new Playbook(cached({ isTold: false }));
  expect(isHit(play, play.connect(), get("https://a/x"), "told that it is http")).toBe(false);
  const secure = play.connect(makeClient("192.0.2.1", { tls: makeClientTls() }));
  expect(isHit(play, secure, get("/x"), "https")).toBe(false);
  expect(isHit(play, secure, get("http://a/x"), "")).toBe(true);
  expect(isHit(play, play.connect(), get("/x"), "")).toBe(true);
});

test("behind trusted proxies the scheme is the one that they report", () => {
  const play = new Playbook(trusting);
  const proxy = play.connect(makeClient("10.0.0.1"));
  expect(isHit(play, proxy, get("/", "X-Forwarded-Proto: http"), "go to https")).toBe(false);
  expect(isHit(play, proxy, get("/", "X-Forwarded-Proto: https"), "here you are")).toBe(false);
  expect(isHit(play, proxy, get("/", "X-Forwarded-Proto: HTTPS"), "")).toBe(true);
  expect(isHit(play, proxy, get("/"), "")).toBe(true);
  const stranger = play.connect(makeClient("192.0.2.1"));
  expect(isHit(play, stranger, get("/", "X-Forwarded-Proto: https"), "")).toBe(true);
  const secure = play.connect(makeClient("192.0.2.1", { tls: makeClientTls() }));
  expect(isHit(play, secure, get("/", "X-Forwarded-Proto: http"), "")).toBe(true);
});

test("the host that a trusted proxy reports is part of the key, and that of a stranger is not", () => {
  const play = new Playbook(cached({ isTold: false }, { forwarding: { trusted: ["10.0.0.0/8"] } }));
  const from = (host: string): string => get("/", `X-Forwarded-Host: ${host}`);
  const client = play.connect("10.1.2.3");
  client.sends(from("one.example"));
  const server = play.accept();
  server.sends(ok("one", date, fresh));
  play.take();
  client.sends(from("two.example"));
  expect(play.take().join()).toContain("X-Forwarded-Host: two.example");
  server.sends(ok("two", date, fresh));
  play.take();
  client.sends(from("one.example"));
  play.expect(client.gets(ok("one", date, fresh, "Age: 0")), "report 200");
  const stranger = play.connect("192.0.2.1");
  stranger.sends(get("/"));
  expect(play.take().join()).toContain("gets GET /");
  server.sends(ok("own", date, fresh));
  play.take();
  stranger.sends(from("one.example"));
  play.expect(stranger.gets(ok("own", date, fresh, "Age: 0")), "report 200");
});

test("what names no host goes by the cache: each server is told its own", () => {
  const play = new Playbook(cached({ isTold: false }));
  for (const body of ["one", "two"]) {
    const client = play.connect();
    client.sends("GET / HTTP/1.0\r\n\r\n");
    const server = play.accept();
    server.sends(ok(body, date, fresh, "Connection: close"));
    expect(play.take().some((line) => line.includes(body))).toBe(true);
  }
});
