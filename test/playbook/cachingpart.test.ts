// Parts of what is stored, as conversations (RFC 9110 section 14), and bodies that are longer than a write.

import { expect, test } from "bun:test";
import { Playbook } from "../playbook.ts";
import type { Actor } from "./actor.ts";
import { cached, date } from "./caching.ts";
import { rule, rules } from "./rules.ts";
import { get, ok } from "./words.ts";

const fresh = "Cache-Control: max-age=60";
const quiet = cached({ isTold: false });

function filled(body: string, options = quiet, ...fields: string[]): { play: Playbook; client: Actor; server: Actor } {
  const play = new Playbook(options);
  const client = play.connect();
  client.sends(get("/"));
  const server = play.accept();
  server.sends(ok(body, date, fresh, 'ETag: "1"', ...fields));
  play.take();
  return { play, client, server };
}

const part = (range: string, body: string): string =>
  `HTTP/1.1 206 Partial Content\r\n${date}\r\n${fresh}\r\nETag: "1"\r\nContent-Range: bytes ${range}/10\r\nContent-Length: ${body.length}\r\nAge: 0\r\n\r\n${body}`;

test("one range of what is stored", () => {
  const { play, client } = filled("0123456789");
  for (const [asked, range, body] of [
    ["bytes=0-3", "0-3", "0123"],
    ["bytes=8-", "8-9", "89"],
    ["bytes=-3", "7-9", "789"],
    ["bytes=5-100", "5-9", "56789"],
  ] as const) {
    client.sends(get("/", `Range: ${asked}`));
    play.expect(client.gets(part(range, body)), "report 206");
  }
});

test("several ranges are a multipart; what touches nothing is 416; what is no range is the whole", () => {
  const { play, client } = filled("0123456789", quiet, "Content-Type: text/plain");
  client.sends(get("/", "Range: bytes=0-1, 8-9"));
  const boundary = "sluice-800000008000000080000000";
  const parts = ["0-1", "8-9"].map(
    (range, index) =>
      `${index > 0 ? "\r\n" : ""}--${boundary}\r\nContent-Type: text/plain\r\nContent-Range: bytes ${range}/10\r\n\r\n${index === 0 ? "01" : "89"}`,
  );
  const body = `${parts.join("")}\r\n--${boundary}--\r\n`;
  play.expect(
    client.gets(
      `HTTP/1.1 206 Partial Content\r\n${date}\r\n${fresh}\r\nETag: "1"\r\nContent-Type: multipart/byteranges; boundary=${boundary}\r\nContent-Length: ${body.length}\r\nAge: 0\r\n\r\n${body}`,
    ),
    "report 206",
  );
  client.sends(get("/", "Range: bytes=10-"));
  play.expect(
    client.gets("HTTP/1.1 416 Range Not Satisfiable\r\nContent-Range: bytes */10\r\nContent-Length: 0\r\n\r\n"),
    "report 416",
  );
  const whole = ok("0123456789", date, fresh, 'ETag: "1"', "Content-Type: text/plain", "Age: 0");
  for (const field of ["Range: lines=1-2", "Range: bytes=3-1", 'Range: bytes=0-1\r\nIf-Range: "2"']) {
    client.sends(get("/", field));
    play.expect(client.gets(whole), "report 200");
  }
  client.sends(get("/", 'Range: bytes=0-1\r\nIf-Range: "1"', 'If-None-Match: "1"'));
  expect(play.take()[0]).toStartWith("client 1 gets HTTP/1.1 304");
});

test("a range of what is not stored goes on as it is, and nothing of it is stored", () => {
  const play = new Playbook(cached());
  const client = play.connect();
  const asked = get("/", "Range: bytes=0-1");
  client.sends(asked);
  const server = play.accept();
  play.expect("dial one:80", server.gets(asked));
  const answer =
    "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-1/10\r\nContent-Length: 2\r\nCache-Control: max-age=60\r\n";
  server.sends(`${answer}\r\n01`);
  play.expect(client.gets(`${answer}Cache-Status: Sluice; fwd=uri-miss; detail=range\r\n\r\n01`), "report 206");
  client.sends(asked);
  play.expect(server.gets(asked));
});

test("a long body goes in slices, at the pace of the client, and the entry is let go of when all is said", () => {
  const body = "0123456789abcdef".repeat(40_000);
  const { play, client } = filled(body, cached({ isTold: false }, {}, { objectBytesMax: 2 ** 20 }));
  client.isFull = true;
  client.sends(get("/"));
  const sizes: number[] = [];
  const note = (): void => {
    for (const line of play.take()) if (line.includes(" gets ")) sizes.push(line.length);
  };
  note();
  expect(sizes.length).toBe(1);
  for (let turn = 0; turn < 10 && client.heldBytes > 0; turn++) {
    client.heldBytes = 0;
    client.flow!.drained();
    note();
  }
  expect(sizes.length).toBeGreaterThan(2);
  expect(Math.max(...sizes)).toBeLessThan(270_000);
  client.drains(0);
  client.sends(get("/"));
  const said = play.take().join("");
  expect(said.slice(said.indexOf("\\r\\n\\r\\n") + 8)).toContain(body.slice(0, 10_000));
});

test("a client that does not take what it is shown is let go of", () => {
  const { play, client } = filled("x".repeat(600_000));
  client.isFull = true;
  client.sends(get("/"));
  play.take();
  play.pass(30_100);
  play.pass(30_100);
  play.expectAmong("report 200 client_stalled", client.is("reset"));
  play.expectNothingLeft();
});

test("a client that leaves lets go of what it is shown", () => {
  const { play, client } = filled("x".repeat(600_000));
  client.isFull = true;
  client.sends(get("/"));
  play.take();
  client.closes();
  play.expect("report 200 client_closed");
  play.expectNothingLeft();
});

test("a rule slows down what is shown as it does what a server sends", () => {
  const slow = rule(null, null, { does: [{ kind: "slow", bytesPerSecond: 1_000 }] });
  const options = cached({ isTold: false }, { listener: { rules: rules({ response: [slow] }) } });
  const play = new Playbook(options);
  const client = play.connect();
  client.sends(get("/"));
  const server = play.accept();
  server.sends(ok("x".repeat(3_000), date, fresh));
  play.pass(4_000);
  play.take();
  client.sends(get("/"));
  const bytes = (): number =>
    play
      .take()
      .filter((line) => line.includes(" gets "))
      .reduce((sum, line) => sum + line.length - line.indexOf(" gets ") - 6, 0);
  play.take();
  play.pass(1_000);
  expect(Math.abs(bytes() - 1_000)).toBeLessThan(120);
  play.pass(3_000);
  const rest = play.take();
  expect(rest.at(-1)).toBe("report 200");
});

test("HTTP/1.0 is told the length, and what becomes of its connection", () => {
  const { play } = filled("0123456789");
  const old = play.connect();
  old.sends("GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n");
  play.expect(old.gets(ok("0123456789", date, fresh, 'ETag: "1"', "Age: 0", "Connection: keep-alive")), "report 200");
  old.sends("GET / HTTP/1.0\r\nHost: a\r\n\r\n");
  play.expect(
    old.gets(ok("0123456789", date, fresh, 'ETag: "1"', "Age: 0", "Connection: close")),
    "report 200",
    old.is("destroyed"),
  );
});

test("pipelined requests are answered in order from the cache and from servers", () => {
  const { play, client, server } = filled("0123456789");
  client.sends(get("/") + get("/other") + get("/"));
  const shown = ok("0123456789", date, fresh, 'ETag: "1"', "Age: 0");
  play.expect(client.is("paused"), client.gets(shown), "report 200", server.gets(get("/other")));
  server.sends(ok("other"));
  play.expectAmong("report 200");
});
