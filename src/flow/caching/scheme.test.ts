// What stands between the answers to http and those to https, as conversations.

import { expect, test } from "bun:test";
import type { Actor } from "../../../test/playbook/actor.ts";
import { cached, date } from "../../../test/playbook/caching.ts";
import { makeClient, makeClientTls } from "../../../test/playbook/client.ts";
import { field, rule, rules } from "../../../test/playbook/rules.ts";
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

test("what an excepted peer tells servers of its way is in the key, or its answers are for nobody else", () => {
  const play = new Playbook(cached({ isTold: false }, { forwarding: { except: ["10.0.0.0/8"] } }));
  const peer = (): Actor => play.connect("10.1.2.3");
  const stranger = (): Actor => play.connect("192.0.2.1");
  const host = "X-Forwarded-Host: one.example";
  expect(isHit(play, peer(), get("/", host), "of one.example")).toBe(false);
  expect(isHit(play, stranger(), get("/"), "own")).toBe(false);
  expect(isHit(play, peer(), get("/", host), "")).toBe(true);
  expect(isHit(play, peer(), get("/", "X-Forwarded-Proto: https"), "told that it is https")).toBe(false);
  expect(isHit(play, peer(), get("/", "X-Forwarded-Proto: https"), "")).toBe(true);
  expect(isHit(play, peer(), get("/", "X-Forwarded-For: 192.0.2.7"), "")).toBe(true);
  for (const fields of [
    ["X-Forwarded-Prefix: /evil"],
    ["X-Forwarded-Port: 1"],
    ["X-Forwarded-Server: evil"],
    ["X-Forwarded-Scheme: https"],
    ["X-Forwarded-Ssl: on"],
    ["X-Forwarded-Protocol: https"],
    ["Forwarded: host=evil"],
    ["X-Forwarded-Proto: https, http"],
    ["X-Forwarded-Proto: HTTP"],
    [host, "X-Forwarded-Host: two.example"],
    ["Connection: X-Forwarded-Host", host],
  ]) {
    // Neither what others left, nor left to others.
    const fresher = get(`/${fields[0]!.length}`, ...fields);
    expect([fields, isHit(play, peer(), get("/", ...fields), "for one")]).toEqual([fields, false]);
    expect([fields, isHit(play, peer(), fresher, "for one")]).toEqual([fields, false]);
    expect([fields, isHit(play, peer(), fresher, "for one again")]).toEqual([fields, false]);
  }
  expect(isHit(play, stranger(), get("/", "X-Forwarded-Prefix: /evil"), "")).toBe(true);
});

test("what is believed of a peer is as of a trusted proxy, excepted or not; a rule's own field is nobody's word", () => {
  const both = { trusted: ["10.0.0.0/8"], except: ["10.0.0.0/8"] };
  const play = new Playbook(cached({ isTold: false }, { forwarding: both }));
  const prefixed = get("/", "X-Forwarded-Prefix: /app");
  expect(isHit(play, play.connect("10.1.2.3"), prefixed, "shared")).toBe(false);
  expect(isHit(play, play.connect("10.1.2.3"), prefixed, "")).toBe(true);
  for (const [operation, isShared] of [
    ["set", true],
    ["add", false],
  ] as const) {
    const says = rules({ request: [rule(null, null, { does: [field(operation, "X-Forwarded-Prefix", "/ours")] })] });
    const options = { forwarding: { except: ["10.0.0.0/8"] }, listener: { rules: says } };
    const ruled = new Playbook(cached({ isTold: false }, options));
    expect(isHit(ruled, ruled.connect("10.1.2.3"), prefixed, "ours")).toBe(false);
    expect(isHit(ruled, ruled.connect("10.1.2.3"), prefixed, "again")).toBe(isShared);
  }
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
