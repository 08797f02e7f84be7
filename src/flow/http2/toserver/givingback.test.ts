// A request that no server has looked at is another server's, whatever its method, as long as all of its body is at hand.

import { describe, expect, test } from "bun:test";
import { goaway, resetStream } from "../../../../test/e2e/harness/http2/frames.ts";
import { Answerer } from "../../../../test/playbook/http2server.ts";
import { Playbook } from "../../../../test/playbook.ts";
import type { ServerTlsPlan } from "../../../config/plan.ts";

const get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const refused = 7;
const tls: ServerTlsPlan = {
  ...{ serverName: "a.example", verify: false, ca: null, chain: null, key: null },
  ...{ minVersion: "1.2", maxVersion: "1.3", ciphers: "", alpn: ["h2", "http/1.1"] },
};

/** A client that has asked the first of two servers, which is in the clear and asked by HTTP/2. */
function asked(request: string, servers: readonly string[] = ["one", "two"]) {
  const play = new Playbook({ server: { isHttp2: true }, servers, balance: { policy: "roundRobin" } });
  const client = play.connect();
  client.sends(request);
  const server = new Answerer(play);
  server.hears();
  return { play, client, server };
}

function post(length: number, content: string): string {
  return `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${length}\r\n\r\n${content}`;
}

/** What the other server hears of the request, once the first takes no connection. */
function heardElsewhere(play: Playbook): string[] {
  play.refuse();
  expect(play.dialing).toBe(1);
  return new Answerer(play).hears().filter((line) => /^(HEADERS|DATA) /.test(line));
}

describe("a server that goes and takes no connection any more", () => {
  test("leaves it to another, with what of its body came with it, and later", () => {
    for (const [request, later, expected] of [
      [get, "", ["HEADERS 1 GET http a / END"]],
      [post(3, "abc"), "", ["HEADERS 1 POST http a / content-length=3", 'DATA 1 "abc" END']],
      [post(6, "abc"), "def", ["HEADERS 1 POST http a / content-length=6", 'DATA 1 "abcdef" END']],
      [post(9, "abc"), "def", ["HEADERS 1 POST http a / content-length=9", 'DATA 1 "abcdef"']],
    ] as const) {
      const { play, client, server } = asked(request);
      if (later !== "") client.sends(later);
      server.says(goaway(0));
      expect(heardElsewhere(play)).toEqual([...expected]);
    }
  });

  test("leaves it to one that chooses HTTP/1.1 as well, as it was said", () => {
    const play = new Playbook({
      server: { isHttp2: true, tls },
      servers: ["one", "two"],
      balance: { policy: "roundRobin" },
    });
    const client = play.connect();
    client.sends(post(9, "abc"));
    const server = new Answerer(play, { alpn: "h2" });
    client.sends("def");
    server.says(goaway(0));
    play.refuse();
    play.take();
    const older = play.accept((actor) => {
      actor.alpn = "http/1.1";
    });
    client.sends("ghi");
    const said = play.take().filter((line) => line.startsWith(`${older.name} gets`));
    expect(said).toEqual([older.gets(post(9, "abcdef")), older.gets("ghi")]);
  });

  test("leaves what comes of its body meanwhile to the other as well", () => {
    const { play, client, server } = asked(post(9, "abc"));
    server.says(goaway(0));
    client.sends("def");
    play.refuse();
    const next = new Answerer(play);
    client.sends("ghi");
    expect(next.hears().filter((line) => /^DATA /.test(line))).toEqual(['DATA 1 "abcdef"', 'DATA 1 "ghi" END']);
    next.answers(1);
    expect(play.take()).toContain("report 200");
  });

  test("has it fail where there is no other, or not all of its body is at hand", () => {
    const alone = asked(get, ["one"]);
    alone.server.says(goaway(0));
    alone.play.refuse();
    expect(alone.play.take()).toContain("report 502 connect_refused");
    const long = asked(post(100_000, ""));
    long.client.sends("x".repeat(70_000));
    long.server.says(goaway(0));
    expect(long.play.take()).toContain("report 502 server_closed");
  });
});

test("a server that refuses it three times over connections that answer nothing is left for another", () => {
  const { play, server } = asked(post(3, "abc"));
  let last = server;
  for (let times = 0; times < 2; times++) {
    last.says(resetStream(1, refused));
    expect(play.take()).toContain("dial one:80");
    last = new Answerer(play);
  }
  last.says(resetStream(1, refused));
  expect(play.take()).toContain("dial two:80");
  expect(new Answerer(play).hears()).toContain('DATA 1 "abc" END');
});

test("a server that takes one request for each connection answers them all", () => {
  const count = 20;
  const play = new Playbook({ server: { isHttp2: true } });
  for (let client = 0; client < count; client++) play.connect().sends(get);
  let reports = 0;
  for (let connection = 0; connection < count; connection++) {
    const server = new Answerer(play);
    server.answers(1);
    server.says(goaway(1));
    reports += play.take().filter((line) => line === "report 200").length;
  }
  expect([reports, play.dialing]).toEqual([count, 0]);
});
